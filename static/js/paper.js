/* Paper: a button that prints, and keys for typing sheets in. Everything here is a convenience: the pages
   work without. */
(function () {
  "use strict";
  var print = document.getElementById("print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", function () { window.print(); });
  }
  var serial = document.getElementById("serial");
  if (serial && serial.value) { serial.select(); } // the wrong number is typed over
  var form = document.getElementById("sheet");
  if (!form) { return; }

  var keysOn = form.dataset.shortcuts === "on";
  var save = document.getElementById("save");
  var rows = Array.prototype.slice.call(form.querySelectorAll(".entry-row"));
  var conditions = window.conditionsOf ? window.conditionsOf(form) : null;
  var current = null;
  var typed = ""; // the first digit of a key that may have two

  function wordsOf(row) { return row.querySelector("textarea, input[id^='i-']"); }
  function isField(element) {
    return element.tagName === "TEXTAREA" || (element.tagName === "INPUT" && !/^(radio|checkbox)$/.test(element.type));
  }
  function inputOf(row, key) { return row.querySelector('input[data-key="' + key + '"]'); }
  function isAsked(row) {
    return !conditions || !row.hasAttribute("data-when") || conditions.isAsked(row);
  }

  function mark(row) {
    if (current === row) { return; }
    if (current) { current.classList.remove("current"); }
    current = row;
    typed = "";
    if (row) { row.classList.add("current"); }
  }

  function go(row) { // to the row, not to an answer in it: nothing is suggested
    mark(row);
    if (!row) { save.focus(); return; }
    (wordsOf(row) || row).focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function next(row, step) {
    var place = rows.indexOf(row) + step;
    while (rows[place] && !isAsked(rows[place])) { place += step; }
    if (rows[place] || step > 0) { go(rows[place] || null); }
  }

  function take(row, input) {
    typed = "";
    input.checked = input.type === "checkbox" ? !input.checked : true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    var other = row.querySelector('[data-chooses="' + input.id + '"]');
    if (other && input.checked) { other.focus(); return; }
    if (input.type === "radio" || input.dataset.key === "x") { next(row, 1); }
  }

  function digit(row, key) { // 1 may begin 10: it waits for the second digit or for Enter
    var keys = Array.prototype.map.call(row.querySelectorAll("input[data-key]"), function (input) {
      return input.dataset.key;
    });
    [typed + key, key].some(function (wanted) {
      var longer = keys.some(function (other) { return other.length > wanted.length && other.indexOf(wanted) === 0; });
      if (longer) { typed = wanted; return true; }
      if (keys.indexOf(wanted) >= 0) { take(row, inputOf(row, wanted)); return true; }
      return false;
    });
  }

  function enter(row) {
    var waiting = typed && inputOf(row, typed);
    if (waiting) { take(row, waiting); } else { next(row, 1); }
  }

  function onKey(event) {
    if (event.isComposing || event.keyCode === 229) { return; } // an input method is at work
    if (event.ctrlKey && event.key === "Enter") { event.preventDefault(); save.click(); return; }
    if (!keysOn || event.ctrlKey || event.altKey || event.metaKey) { return; }
    var row = event.target.closest(".entry-row");
    if (isField(event.target)) {
      if (row && event.key === "Enter" && !event.shiftKey) { event.preventDefault(); next(row, 1); }
      return;
    }
    if (/^(BUTTON|A|SUMMARY)$/.test(event.target.tagName) && event.target !== save) { return; }
    if (event.key === "Backspace") { event.preventDefault(); if (current) { next(current, -1); } else { go(rows[rows.length - 1]); } return; }
    row = row || current;
    if (!row || event.target === save) { return; }
    var found = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
    if (found && !event.shiftKey) { event.preventDefault(); digit(row, found[1]); return; }
    if (event.key === "Enter") { event.preventDefault(); enter(row); return; }
    var letter = /^Key([NX])$/.exec(event.code);
    var input = letter && inputOf(row, letter[1].toLowerCase());
    if (input) { event.preventDefault(); take(row, input); }
  }

  function exclude(row, changed) { // an answer and "unreadable" exclude each other
    var missing = /-missing$/;
    var given = changed.type === "checkbox" ? changed.checked : changed.value !== "";
    if (!given || changed.type === "radio") { return; }
    row.querySelectorAll("input[type=checkbox]").forEach(function (box) {
      if (box !== changed && (missing.test(box.name) || missing.test(changed.name))) { box.checked = false; }
    });
    var words = wordsOf(row);
    if (words && missing.test(changed.name)) { words.value = ""; }
  }

  function ask() { // an item that is not asked is dimmed and passed over; it can still be reached
    rows.forEach(function (row) { row.classList.toggle("unasked", !isAsked(row)); });
  }

  rows.forEach(function (row) {
    row.tabIndex = -1;
    row.addEventListener("focusin", function () { mark(row); });
    row.addEventListener("input", function (event) { exclude(row, event.target); });
    row.addEventListener("change", function (event) { exclude(row, event.target); });
  });
  document.addEventListener("keydown", onKey);
  form.addEventListener("change", ask);
  form.addEventListener("input", ask);
  ask();
  var wrong = form.querySelector(".entry-row.wrong");
  if (wrong) { mark(wrong); } else if (!document.querySelector(".error-summary") && rows[0]) { go(rows[0]); }
})();
