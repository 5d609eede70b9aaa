/* The customer's page works without this file. It opens and closes items, keeps a draft on this device, stops
   a double press, shows the network's trouble, counts characters, and leads to the first mistake. It never
   sends an answer by itself. Fields are found by selectors: an item may be called "action" or "submit". */
(function () {
  "use strict";
  var DAY = 24 * 60 * 60 * 1000;
  var WAIT = 20000;
  var html = document.documentElement;
  html.className += " js";

  function draftName() {
    var token = location.pathname.split("/")[2] || "";
    var a = 5381, b = 52711; // a short hash: the token itself is not left on the device
    for (var i = 0; i < token.length; i++) {
      a = (a * 33 ^ token.charCodeAt(i)) >>> 0;
      b = (b * 37 ^ token.charCodeAt(i)) >>> 0;
    }
    return "draft-" + a.toString(36) + b.toString(36);
  }

  function withStorage(act) {
    // A personal link keeps its draft on the device; an open one may stand on a shared screen: only in its tab.
    var open = document.querySelector('[data-draft="tab"]') || location.pathname.indexOf("/s/") !== 0;
    try { return act(open ? window.sessionStorage : window.localStorage); } catch (error) { return null; }
  }

  function forget() {
    withStorage(function (store) { store.removeItem(draftName()); });
  }

  function forgetOld() {
    withStorage(function (store) {
      for (var i = store.length - 1; i >= 0; i--) {
        var name = store.key(i);
        if (name.indexOf("draft-") !== 0) { continue; }
        var kept = JSON.parse(store.getItem(name));
        if (!kept || Date.now() - kept.at > DAY) { store.removeItem(name); }
      }
    });
  }

  function each(list, act) { Array.prototype.forEach.call(list, act); }

  function fields(form) {
    return Array.prototype.filter.call(form.querySelectorAll("input, textarea"), function (field) {
      return field.name && field.type !== "hidden";
    });
  }

  function hidden(form, name) { return form.querySelector('input[type="hidden"][name="' + name + '"]'); }

  function signed(form, values) { // a small form with the signature of this page
    var body = new URLSearchParams();
    body.append("csrf_token", hidden(form, "csrf_token").value);
    Object.keys(values).forEach(function (name) { body.append(name, values[name]); });
    return body;
  }

  function save(form) {
    var values = [];
    fields(form).forEach(function (field) {
      if (field.type === "radio" || field.type === "checkbox") {
        if (field.checked) { values.push([field.name, field.value]); }
      } else if (field.value) {
        values.push([field.name, field.value]);
      }
    });
    withStorage(function (store) {
      var basis = form.getAttribute("data-saved");
      store.setItem(draftName(), JSON.stringify({ at: Date.now(), basis: basis, values: values }));
    });
  }

  function restore(form) {
    var kept = withStorage(function (store) { return JSON.parse(store.getItem(draftName())); });
    if (!kept || !kept.values) { return; }
    var isOwn = (kept.basis || "") === form.getAttribute("data-saved") || form.hasAttribute("data-just-saved");
    if (!isOwn) { forget(); return; } // what was saved on another device since then is newer
    each(fields(form), function (field) { if (field.type === "checkbox") { field.checked = false; } });
    kept.values.forEach(function (pair) {
      fields(form).forEach(function (field) {
        if (field.name !== pair[0]) { return; }
        if (field.type === "radio" || field.type === "checkbox") {
          if (field.value === pair[1]) { field.checked = true; }
        } else if (!field.value) {
          field.value = pair[1];
        }
      });
    });
  }

  function openBoxes(form) {
    each(form.querySelectorAll(".extra"), function (box) {
      var area = box.querySelector("textarea");
      if (area && area.value) { box.className += " open"; }
    });
  }

  /* Items open and close below what was pressed, never above it. What is closed is not sent. */
  function conditions(form) {
    var rules = window.conditionsOf(form);
    var parts = Array.prototype.slice.call(form.querySelectorAll("[data-part]")).reverse(); // inner ones first
    function show(item, asked) {
      item.className = item.className.replace(/ ?\bshut\b/, "");
      item.hidden = !asked;
      if (item.tagName === "FIELDSET") { item.disabled = !asked; }
      else { each(item.querySelectorAll("input, textarea"), function (field) { field.disabled = !asked; }); }
    }
    function update() {
      rules.conditional.forEach(function (item) { show(item, rules.isAsked(item)); });
      each(form.querySelectorAll(".other input"), function (line) {
        line.disabled = !document.getElementById(line.getAttribute("data-chooses")).checked;
      });
      parts.forEach(function (part) {
        part.hidden = !part.querySelector(".item:not([hidden])");
      });
    }
    function pressed(event) {
      var field = event.target, item = field;
      while (item && !(item.getAttribute && item.getAttribute("data-item"))) { item = item.parentNode; }
      if (item && (field.type === "checkbox" ? field.checked : field.value)) { alone(item, field); }
      update();
    }
    function alone(item, field) { // "does not apply" and an answer exclude each other
      var isMissing = /-missing$/.test(field.name);
      each(item.querySelectorAll('input[type="checkbox"]'), function (other) {
        if (other !== field && (isMissing || /-missing$/.test(other.name))) { other.checked = false; }
      });
    }
    form.addEventListener("change", pressed);
    form.addEventListener("input", pressed);
    update();
  }

  /* A hint for the figures of whoever sent the link: opened, begun. Nothing depends on it. */
  function hints(form, opened) {
    var address = form.getAttribute("data-seen");
    var started = false, told = false;
    if (!address || !navigator.sendBeacon || !window.URLSearchParams) { return; }
    function tell() {
      told = true;
      navigator.sendBeacon(address, signed(form, {
        started: started ? 1 : 0, seconds: Math.min(99999, Math.round((Date.now() - opened) / 1000))
      }));
    }
    form.addEventListener("input", function () { if (!started) { started = true; tell(); } });
    window.addEventListener("pagehide", function () { if (!told) { tell(); } });
  }

  function count(area) {
    var limit = Number(area.getAttribute("data-limit"));
    var counter = document.createElement("p");
    counter.className = "quiet counter";
    counter.setAttribute("role", "status");
    area.parentNode.insertBefore(counter, area.nextSibling);
    function show() {
      var left = limit - area.value.length;
      var words = left < 0 ? area.getAttribute("data-over") : area.getAttribute("data-left");
      counter.textContent = left > limit / 5 ? "" : words.replace("{n}", Math.abs(left));
      counter.className = left < 0 ? "quiet counter over" : "quiet counter";
    }
    area.addEventListener("input", show);
    show();
  }

  function send(form, event, opened) {
    var button = form.querySelector(".send");
    var notice = form.querySelector("[data-network]");
    var finished = false;
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") { return; }
    button.setAttribute("aria-disabled", "true");
    notice.hidden = true;
    hidden(form, "seconds").value = Math.round((Date.now() - opened) / 1000);
    save(form);
    function submit() { HTMLFormElement.prototype.submit.call(form); }
    if (!window.fetch || !window.URLSearchParams) { submit(); return; }
    function failed(kind) {
      if (finished) { return; }
      finished = true;
      button.removeAttribute("aria-disabled");
      notice.textContent = notice.getAttribute(kind === "trouble" ? "data-trouble" : "data-network");
      notice.hidden = false;
    }
    setTimeout(failed, WAIT);
    fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" })
      .then(function (answer) {
        if (finished && answer.type !== "opaqueredirect") { return; }
        if (answer.status >= 500) { failed("trouble"); return; } // ours to mend; everything stays on the page
        finished = true;
        if (answer.type === "opaqueredirect") {
          location.assign(form.getAttribute("data-thanks") + "?lang=" + hidden(form, "language").value);
        } else {
          submit(); // not taken: let the server show its page with what is wrong
        }
      })
      .catch(failed);
  }

  function begin() {
    var form = document.querySelector("form[data-thanks]");
    var errors = document.querySelector(".summary");
    var opened = Date.now();
    forgetOld();
    if (document.querySelector("[data-forget-draft]")) { forget(); }
    if (!form) { return; }
    if (!errors) { restore(form); }
    openBoxes(form);
    conditions(form);
    hints(form, opened);
    each(form.querySelectorAll("[data-limit]"), count);
    if (form.hasAttribute("data-just-saved")) { save(form); } // the draft on this device knows what was saved
    form.addEventListener("input", function () { save(form); });
    form.addEventListener("change", function () { save(form); });
    each(document.querySelectorAll("[data-send]"), function (button) {
      button.addEventListener("click", function (event) { send(form, event, opened); });
    });
    window.addEventListener("pageshow", function () { // the way back shows the page as it was left
      form.querySelector(".send").removeAttribute("aria-disabled");
    });
    if (errors) { errors.focus(); }
  }

  document.addEventListener("DOMContentLoaded", begin);
})();
