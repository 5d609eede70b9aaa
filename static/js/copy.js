/* The number of a callback, to be pasted where it is dialled. Without this file the button is not there. */
(function () {
  "use strict";
  var button = document.getElementById("copy");
  if (!button) { return; }

  function copied() { button.textContent = button.dataset.copied; }

  function byHand(text) { // a page without https has no clipboard of its own
    var field = document.createElement("textarea");
    field.value = text;
    document.body.appendChild(field);
    field.select();
    if (document.execCommand("copy")) { copied(); }
    document.body.removeChild(field);
    button.focus();
  }

  button.hidden = false;
  button.addEventListener("click", function () {
    var text = button.dataset.copy;
    if (!navigator.clipboard) { byHand(text); return; }
    navigator.clipboard.writeText(text).then(copied, function () { byHand(text); });
  });
}());
