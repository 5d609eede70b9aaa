/* Keys, timers and the lease of the callback desk. Everything here is a convenience: the forms work without. */
(function () {
  "use strict";
  var form = document.getElementById("desk");
  var keysOn = !form || form.dataset.shortcuts === "on";
  var byId = function (id) { return document.getElementById(id); };

  function isField(element) {
    if (!element || !element.tagName) { return false; }
    if (/^(TEXTAREA|SELECT)$/.test(element.tagName)) { return true; }
    return element.tagName === "INPUT" && !/^(radio|checkbox|submit|button)$/.test(element.type);
  }

  function digitOf(code) {
    var found = /^(?:Digit|Numpad)(\d)$/.exec(code);
    return found ? found[1] : null;
  }

  var SIGNS = {
    Comma: ",", Period: ".", NumpadDecimal: ".", Minus: "-", NumpadSubtract: "-",
    Slash: "/", NumpadDivide: "/", Equal: "+", NumpadAdd: "+"
  };

  function shortcut(code) {
    var all = document.querySelectorAll('[data-shortcut="' + code + '"]');
    for (var i = 0; i < all.length; i += 1) {
      if (!all[i].disabled && all[i].offsetParent !== null) { return all[i]; }
    }
    return null;
  }

  function press(element) {
    if (element.value === "APPT_FIXED" && !byId("appointment").value) {
      byId("appointment").focus(); // first the time, then the key again or the button
      return;
    }
    element.focus();
    element.click();
    if (element.tagName === "SUMMARY") { show(element.parentNode); }
  }

  function show(details) { // what was opened is seen, and a choice in it is at hand
    setTimeout(function () {
      var choice = details.open && details.querySelector("select");
      if (choice) { choice.focus(); }
      details.lastElementChild.scrollIntoView({ block: "nearest" });
    }, 0);
  }

  function save() { // before the call, the first step is shown instead
    var first = byId("save").disabled ? form.querySelector(".desk-reveal") : null;
    if (first) { first.focus(); } else { byId("save").click(); }
  }

  document.addEventListener("keydown", function (event) {
    if (event.isComposing || event.keyCode === 229) { return; } // an input method is at work
    if (form && event.ctrlKey && event.key === "Enter") {
      event.preventDefault();
      save();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || (byId("help") && byId("help").open)) { return; }
    if (event.key === "Escape" && isField(event.target)) { event.target.blur(); return; }
    if (!keysOn || isField(event.target)) { return; }
    if (form && event.key === "?") { event.preventDefault(); byId("help").showModal(); return; }
    var digit = form && digitOf(event.code);
    if (digit !== null && form) { event.preventDefault(); score(digit); return; }
    var sign = form && SIGNS[event.code];
    if (sign && (sign === "+" || !event.shiftKey) && signed(sign)) { event.preventDefault(); return; }
    if (form && event.code === "KeyK") { event.preventDefault(); beat(); return; }
    if (form && event.key === "Enter") {
      if (/^(BUTTON|A|SUMMARY)$/.test(event.target.tagName)) { return; } // its own press
      event.preventDefault();
      save();
      return;
    }
    if (form && event.code === "ArrowDown" && event.target.classList.contains("phone-item")) {
      event.preventDefault(); down(); return;
    }
    if (event.shiftKey) { return; }
    var wanted = shortcut(event.code);
    if (wanted) { event.preventDefault(); press(wanted); }
  });

  if (!form) { return; }

  /* --- items: a digit answers the item in focus, then the next open one is in focus --- */
  var items = Array.prototype.slice.call(form.querySelectorAll(".phone-item"));
  var scored = items.filter(function (item) { return item.querySelector(".phone-keys [data-key]"); });
  var rules = window.conditionsOf(form);
  var current = null;
  var tens = null; // after a 1 on a scale up to 10: a 0 right after it makes 10

  function answerOf(item) { return item.querySelector(".phone-keys input:checked"); }

  function mark(item) {
    if (current) { current.classList.remove("current"); }
    current = item;
    if (current) { current.classList.add("current"); }
  }

  function nextOpen() {
    return scored.filter(function (item) { return !item.hidden && !answerOf(item); })[0] || null;
  }

  function firstWords() {
    return items.filter(function (item) {
      var field = item.querySelector("textarea, input:not([type=radio]):not([type=checkbox]):not(.phone-other)");
      return field && !item.hidden && !field.value;
    })[0];
  }

  function goOn() {
    var next = nextOpen();
    mark(next);
    if (next) { next.focus(); return; } // the row, not a score: the desk suggests none
    var words = firstWords();
    (words ? words.querySelector("textarea, input") : byId("note")).focus();
  }

  function choose(item, input) {
    input.checked = input.type === "radio" || !input.checked;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    if (input.type === "radio") { goOn(); } // of several answers more may come: the arrow goes on
  }

  function score(digit) {
    if (tens) { // the 1 before it was a ten, or stands: then this digit is for the next item
      var first = tens;
      clearTimeout(first.timer);
      tens = null;
      choose(first.item, digit === "0" ? first.input : first.one);
      if (digit === "0") { return; }
    }
    var item = current && scored.indexOf(current) >= 0 ? current : nextOpen();
    var input = item && item.querySelector('input[data-key="' + digit + '"]');
    var ten = item && digit === "1" && item.querySelector('input[data-key="10"]');
    if (!input) { return; }
    if (!ten) { choose(item, input); return; }
    input.checked = true;
    mark(item);
    tens = { item: item, input: ten, one: input, timer: setTimeout(function () { tens = null; choose(item, input); }, 700) };
  }

  function signed(sign) { // why there is no score, the phrases, another number
    if (sign === "/") { return toPhrases(); }
    if (sign === "+") {
      var other = shortcut("+");
      if (other) { press(other); }
      return Boolean(other);
    }
    var item = current || nextOpen();
    var input = item && item.querySelector('input[data-sign="' + sign + '"]');
    if (input) { choose(item, input); }
    return Boolean(input);
  }

  /* --- phrases go into the note where the cursor stands --- */
  var note = byId("note");
  var phrases = Array.prototype.slice.call(form.querySelectorAll("[data-phrase]"));

  function toPhrases() {
    if (phrases[0]) { phrases[0].focus(); }
    return phrases.length > 0;
  }

  function say(phrase) {
    var at = note.selectionStart;
    var before = note.value.slice(0, at);
    var gap = /[^\s，。；、,;.]$/.test(before) ? (/[\u3400-\u9fff]/.test(phrase) ? "，" : ", ") : "";
    note.setRangeText(gap + phrase, at, note.selectionEnd, "end");
    note.dispatchEvent(new Event("input", { bubbles: true }));
    note.focus();
  }

  phrases.forEach(function (button, place) {
    button.addEventListener("click", function () { say(button.dataset.phrase); });
    button.addEventListener("keydown", function (event) {
      var step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) { return; }
      event.preventDefault();
      phrases[(place + step + phrases.length) % phrases.length].focus();
    });
  });

  /* --- from row to row */
  function down() {
    var after = scored.filter(function (item) {
      return !item.hidden && current && current.compareDocumentPosition(item) & Node.DOCUMENT_POSITION_FOLLOWING;
    })[0];
    if (after) { mark(after); after.focus(); } else { goOn(); }
  }

  function ask() { // an item with a condition shows only while the condition holds; what was typed stays in sight
    rules.conditional.forEach(function (item) {
      var words = item.getAttribute("data-kind") === "text" && item.querySelector("textarea, input").value;
      item.hidden = !rules.isAsked(item) && !words;
    });
    form.querySelectorAll("[data-chooses]").forEach(function (line) {
      line.disabled = !byId(line.getAttribute("data-chooses")).checked;
    });
    form.querySelectorAll("[data-part]").forEach(function (part) {
      part.hidden = !part.querySelector(".phone-item:not([hidden])");
    });
  }

  items.forEach(function (item) {
    item.tabIndex = -1;
    item.addEventListener("focusin", function () { mark(item); });
    if (item.dataset.kind === "likert" || item.dataset.kind === "rating") { return; }
    item.querySelectorAll("input[data-key]").forEach(function (input) {
      var label = item.querySelector('label[for="' + input.id + '"]');
      if (label && /^[1-9]$/.test(input.dataset.key)) { label.dataset.key = input.dataset.key; }
    });
  });

  /* --- the lease: a sign of life keeps the callback and what was typed --- */
  var leaseEnds = Date.now() + Number(form.dataset.lease) * 1000;
  var active = false;
  var saving = null;
  var sent = false;
  var onItsWay = null; // one at a time, also those that live.js asks for
  var again = false;

  function beat() {
    active = false;
    if (onItsWay) { again = true; return; }
    var mine = onItsWay = new AbortController();
    again = false;
    number();
    fetch(form.dataset.heartbeat, {
      method: "POST", body: new FormData(form), credentials: "same-origin", keepalive: true, redirect: "manual", signal: mine.signal
    }).then(function (answer) {
      return answer.ok ? answer.json().then(kept) : tell("desk:gone"); // live.js asks what happened, and says it
    }).catch(function () { active = true; }).then(function () { // the network is away: again at the next beat
      if (onItsWay === mine) { onItsWay = null; }
      if (again && !sent) { beat(); }
    });
  }

  function number() { // the server lets nothing that was sent earlier replace what was sent later
    var field = byId("turn");
    var said = field.value.split(".");
    field.value = said[0] + "." + (Number(said[1]) + 1);
  }

  function kept(said) {
    leaseEnds = Date.now() + said.seconds * 1000;
    tick();
    if (saving === null && !again) { keptNow(); }
    tell("desk:kept");
  }

  function tell(event) { if (!sent) { document.dispatchEvent(new Event(event)); } }

  function later() { // what was typed is kept within five seconds
    active = true;
    byId("kept").textContent = "";
    if (saving === null) { saving = setTimeout(atOnce, 5000); }
  }

  function atOnce() { // … and when a field is left, or the page
    if (saving === null || sent) { return; }
    clearTimeout(saving);
    saving = null;
    beat();
  }

  function keptNow() {
    var now = new Date();
    var time = two(now.getHours()) + ":" + two(now.getMinutes());
    byId("kept").textContent = byId("kept").dataset.said.replace("{time}", time);
  }

  function two(n) { return (n < 10 ? "0" : "") + n; }
  function clock(seconds) { return Math.floor(seconds / 60) + ":" + two(seconds % 60); }

  var opened = Date.now();
  var timers = [byId("call-time"), byId("wrap-time")].filter(Boolean);
  function tick() {
    var left = Math.max(0, Math.round((leaseEnds - Date.now()) / 1000));
    byId("lease-left").textContent = clock(left);
    byId("lease").classList.toggle("late", left <= 120);
    byId("lease").title = left <= 120 ? byId("lease").dataset.warning : "";
    timers.forEach(function (timer) {
      var seconds = Number(timer.dataset.seconds) + Math.round((Date.now() - opened) / 1000);
      timer.textContent = clock(seconds);
      timer.toggleAttribute("data-late", seconds > Number(timer.dataset.long));
    });
  }

  form.addEventListener("input", function () { ask(); later(); }); // at once: what moves under a press loses it
  form.addEventListener("focusout", function (event) { if (isField(event.target)) { atOnce(); } });
  document.addEventListener("visibilitychange", function () { if (document.hidden) { atOnce(); } });
  window.addEventListener("pagehide", function () { // nobody waits for the one before
    if (saving !== null && onItsWay) { onItsWay.abort(); onItsWay = null; }
    atOnce();
  });
  document.addEventListener("desk:beat", beat);
  form.addEventListener("change", function (event) {
    ask();
    later();
    var next = event.target.type === "radio" && nextOpen(); // also for who answers by mouse
    if (next) { next.scrollIntoView({ block: "nearest" }); }
  });
  document.addEventListener("desk:lease", function (event) { // what live.js heard from the server
    leaseEnds = Date.now() + event.detail * 1000;
    tick();
  });
  document.addEventListener("keydown", function () { active = true; });
  document.addEventListener("pointerdown", function () { active = true; });
  setInterval(tick, 1000);
  setInterval(function () { if (active && !sent) { beat(); } }, 60000);

  form.addEventListener("submit", function (event) {
    if (sent) { event.preventDefault(); return; } // a second press of the same key
    sent = true;
    number();
  });
  window.addEventListener("pageshow", function () { sent = false; });

  byId("help-button").hidden = false;
  byId("help-button").addEventListener("click", function () { byId("help").showModal(); });
  ask();
  tick();
  var wrong = byId("confirm") || form.querySelector("#note[aria-invalid]") || byId("problem");
  if (wrong) { wrong.focus(); } else if (form.querySelector(".desk-reveal")) { form.querySelector(".desk-reveal").focus(); } else { goOn(); }
}());
