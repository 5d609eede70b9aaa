/* Asks every five seconds whether the callback is still in these hands, and says at once what happened to it.
   Before a press is sent it asks too, so that no error page of the browser eats what was typed. */
(function () {
  "use strict";
  var form = document.getElementById("desk");
  var box = document.getElementById("live");
  if (!form || !box) { return; }
  var byId = function (id) { return document.getElementById(id); };
  var EVERY = 5000;
  var OFTEN = [EVERY, 10000, 20000, 30000]; // without a connection it asks less and less
  var WARN = 120; // seconds before the lease ends
  var FRESH = 1500; // an answer so young needs no second question
  var FINAL = /^(answered|reopened)$/;
  var timer = null;
  var asking = null;
  var failed = 0;
  var heard = 0; // when the server last answered "yours"
  var passing = false;
  var over = false;

  function show(text, buttons, quiet) {
    ["live-sign-in", "live-keep", "live-note", "live-next"].forEach(function (id) {
      byId(id).hidden = buttons.indexOf(id) < 0;
    });
    box.classList.toggle("quiet-news", Boolean(quiet));
    box.hidden = !text;
    if (byId("live-text").textContent !== text) { byId("live-text").textContent = text; } // said once
  }

  function isTyped() {
    return Array.prototype.some.call(form.elements, function (field) {
      return /^(radio|checkbox)$/.test(field.type) ? field.checked && !/then$/.test(field.name) : field.type === "textarea" && field.value.trim();
    });
  }

  function close() { // nothing can be recorded any more; what was typed stays in sight
    over = true;
    document.querySelectorAll('#desk button[name$="outcome"], #desk .desk-reveal').forEach(function (button) {
      button.disabled = true;
    });
  }

  function fresh(token) { // the page outlives a new sign-in
    if (!token) { return; }
    document.querySelectorAll('input[name="csrf_token"]').forEach(function (field) { field.value = token; });
  }

  function told(said) {
    fresh(said.token);
    if (said.state === "yours") {
      heard = Date.now();
      document.dispatchEvent(new CustomEvent("desk:lease", { detail: said.seconds }));
      if (said.seconds <= WARN) { show(box.dataset.lease, ["live-keep"], true); } else { show("", []); }
      return;
    }
    var buttons = [];
    if (said.may_note && isTyped()) { buttons.push("live-note"); }
    if (said.may_keep) { buttons.push("live-keep"); }
    if (!said.may_save) { buttons.push("live-next"); }
    show(said.message, buttons, said.may_save && said.state !== "stopped");
    if (FINAL.test(said.state) || (said.state === "stopped" && !said.may_save)) { close(); }
  }

  function lost(text) {
    failed += 1;
    heard = 0;
    show(text, [], true);
  }

  function signedOut() {
    heard = 0;
    show(box.dataset.signedOut, ["live-sign-in"], true);
  }

  function ask() { // one question at a time; resolves to what the server said, "out" or "away"
    if (asking) { return asking; }
    var version = byId("version").value;
    var stop = new AbortController();
    var late = setTimeout(function () { stop.abort(); }, 8000);
    asking = fetch(box.dataset.state + "?version=" + encodeURIComponent(version), {
      credentials: "same-origin", redirect: "manual", signal: stop.signal
    }).then(function (answer) {
      if (answer.type === "opaqueredirect") { return "out"; }
      return answer.status < 500 ? answer.json() : "away";
    }).catch(function () { return "away"; }).then(function (said) {
      clearTimeout(late);
      asking = null;
      return said;
    });
    return asking;
  }

  function poll() {
    clearTimeout(timer);
    if (over) { return; }
    ask().then(function (said) {
      if (over) { return; }
      var isBack = failed > 0 && said.state === "yours";
      if (said === "away") { lost(box.dataset.away); } else if (said === "out") { failed = 0; signedOut(); } else { failed = 0; told(said); }
      again();
      if (isBack) { keep(); } // what was typed meanwhile is kept at once
    });
  }

  function again() {
    clearTimeout(timer);
    if (document.visibilityState === "visible") {
      timer = setTimeout(poll, OFTEN[Math.min(failed, OFTEN.length - 1)]);
    }
  }

  function keep() { // a sign of life; after a lost lease it takes the callback up again where nobody has it
    document.dispatchEvent(new Event("desk:beat"));
  }

  /* --- before a press is sent ------------------------------------------------------------------ */
  function press(submitter) {
    passing = true;
    if (submitter && submitter.isConnected) { form.requestSubmit(submitter); } else { form.requestSubmit(); }
    passing = false;
  }

  window.addEventListener("submit", function (event) {
    var submitter = event.submitter;
    if (event.target !== form || passing || Date.now() - heard < FRESH) { return; }
    if (submitter && submitter.id === "live-note") { return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    clearTimeout(timer);
    ask().then(function (said) {
      if (said === "away") { lost(box.dataset.notSent); again(); return; }
      failed = 0;
      if (said === "out") { signedOut(); again(); return; }
      told(said);
      if (over) { return; }
      press(submitter);
    });
  }, true);

  byId("live-keep").addEventListener("click", keep);
  document.addEventListener("desk:gone", poll); // a sign of life was refused
  document.addEventListener("desk:kept", function () { if (!box.hidden) { poll(); } }); // or taken
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "visible") { poll(); } else { clearTimeout(timer); }
  });
  window.addEventListener("online", poll);
  window.addEventListener("offline", function () { lost(box.dataset.away); again(); });
  window.addEventListener("pageshow", function (event) { if (event.persisted) { poll(); } });
  again();
}());
