/* Paper: a button that prints. Everything here is a convenience: the pages work without. */
(function () {
  "use strict";
  var print = document.getElementById("print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", function () { window.print(); });
  }
})();
