/* Hides "undo" when its time is over. Without this file the press says so. */
(function () {
  "use strict";
  var strip = document.getElementById("undo");
  if (!strip) { return; }
  setTimeout(function () { strip.hidden = true; }, Number(strip.dataset.seconds) * 1000);
}());
