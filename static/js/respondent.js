/* The customer's page works without this file. It keeps a draft on this device, stops a double press,
   shows the network's trouble, counts characters, and leads to the first mistake. It never sends by itself. */
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

  function fields(form) {
    return Array.prototype.filter.call(form.elements, function (field) {
      return field.name && field.type !== "hidden" && field.type !== "submit" && field.type !== "button";
    });
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
      store.setItem(draftName(), JSON.stringify({ at: Date.now(), values: values }));
    });
  }

  function restore(form) {
    var kept = withStorage(function (store) { return JSON.parse(store.getItem(draftName())); });
    if (!kept || !kept.values) { return; }
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
    Array.prototype.forEach.call(form.querySelectorAll(".extra"), function (box) {
      var area = box.querySelector("textarea");
      if (area && area.value) { box.className += " open"; }
    });
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
    var notice = document.getElementById("network");
    var finished = false;
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") { return; }
    button.setAttribute("aria-disabled", "true");
    notice.hidden = true;
    form.elements.seconds.value = Math.round((Date.now() - opened) / 1000);
    save(form);
    if (!window.fetch || !window.URLSearchParams) { form.submit(); return; }
    function failed() {
      if (finished) { return; }
      finished = true;
      button.removeAttribute("aria-disabled");
      notice.hidden = false;
    }
    setTimeout(failed, WAIT);
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" })
      .then(function (answer) {
        if (finished && answer.type !== "opaqueredirect") { return; }
        finished = true;
        if (answer.type === "opaqueredirect") {
          location.assign(form.getAttribute("data-thanks") + "?lang=" + form.elements.language.value);
        } else {
          form.submit(); // not taken: let the server show its page with what is wrong
        }
      })
      .catch(failed);
  }

  function begin() {
    var form = document.getElementById("answers");
    var errors = document.getElementById("errors");
    var opened = Date.now();
    forgetOld();
    if (document.querySelector("[data-forget-draft]")) { forget(); }
    if (!form) { return; }
    if (!errors) { restore(form); }
    openBoxes(form);
    Array.prototype.forEach.call(form.querySelectorAll("textarea"), count);
    form.addEventListener("input", function () { save(form); });
    form.addEventListener("change", function () { save(form); });
    Array.prototype.forEach.call(document.querySelectorAll("[data-send]"), function (button) {
      button.addEventListener("click", function (event) { send(form, event, opened); });
    });
    window.addEventListener("pageshow", function () { // the way back shows the page as it was left
      form.querySelector(".send").removeAttribute("aria-disabled");
    });
    if (errors) { errors.focus(); }
  }

  document.addEventListener("DOMContentLoaded", begin);
})();
