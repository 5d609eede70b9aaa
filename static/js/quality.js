/* Scoring a call a second time by keyboard: digits as at the desk. The form works without. */
(function () {
  "use strict";
  var form = document.getElementById("second");
  if (!form) { return; }
  var items = Array.prototype.slice.call(form.querySelectorAll(".phone-item"));
  var current = null;

  function mark(item) {
    if (current) { current.classList.remove("current"); }
    current = item;
    if (current) { current.classList.add("current"); current.scrollIntoView({ block: "nearest" }); }
  }

  function nextOpen() {
    return items.filter(function (item) {
      return !item.hidden && !item.querySelector("input:checked");
    })[0] || null;
  }

  function choose(selector) {
    var item = current || nextOpen();
    var input = item && item.querySelector(selector);
    if (!input) { return false; }
    input.checked = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    mark(nextOpen());
    if (!current) { document.getElementById("note").focus(); }
    return true;
  }

  function isField(element) {
    return /^(TEXTAREA|SELECT)$/.test(element.tagName) || (element.tagName === "INPUT" && element.type === "text");
  }

  form.addEventListener("change", function (event) { // what was pressed by mouse goes on as well
    var item = event.target.closest(".phone-item");
    if (item && event.isTrusted) { mark(nextOpen()); }
  });

  document.addEventListener("keydown", function (event) {
    if (event.isComposing || event.keyCode === 229) { return; } // an input method is at work
    if (event.ctrlKey && event.key === "Enter") {
      event.preventDefault();
      document.getElementById("save").click();
      return;
    }
    if (form.dataset.shortcuts !== "on" || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) { return; }
    if (isField(event.target)) { return; }
    var digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
    var sign = { Period: ".", NumpadDecimal: ".", Minus: "-", NumpadSubtract: "-", Comma: "," }[event.code];
    var chosen = digit ? choose('input[data-key="' + digit[1] + '"]') : sign && choose('input[data-sign="' + sign + '"]');
    if (chosen) { event.preventDefault(); }
  });

  mark(nextOpen());
})();
