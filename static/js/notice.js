/* The press was recorded: open the browser's print window. Without this file Ctrl+P does the same. */
window.addEventListener("load", function () { window.print(); });
