/* Labelling by keyboard: 1-9 and - choose the topic, N 0 P the mood, Enter or the same topic once more saves, S
   passes over, U undoes. The form works without. */
(function () {
  "use strict";
  var form = document.getElementById("label");
  if (!form) { return; }
  var buttons = { s: "skip", u: "undo" };
  var pressed = null; // by key, on this page: a topic that was there already is not saved by one press

  document.addEventListener("keydown", function (event) {
    if (event.isComposing || event.keyCode === 229) { return; } // an input method is at work
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.repeat) { return; }
    if (/^(TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.type === "text") { return; }
    var key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    if (key === "Enter") {
      if (/^(A|BUTTON|SUMMARY)$/.test(event.target.tagName)) { return; }
      event.preventDefault();
      document.getElementById("save").click();
      return;
    }
    var button = buttons[key.toLowerCase()];
    var input = form.querySelector('input[data-key="' + (/^[0-9NP-]$/.test(key) ? key : "") + '"]');
    if (button) { document.getElementById(button).click(); }
    if (input && pressed === input && input.name === "topic") {
      document.getElementById("save").click();
    } else if (input) {
      input.checked = true;
      input.focus();
      pressed = input;
    }
    if (button || input) { event.preventDefault(); }
  });
})();
