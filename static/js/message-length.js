// Counts an SMS while it is written, as the server does when it is saved. The page works without this file.
(() => {
  const body = document.getElementById("body");
  const shown = document.getElementById("length");
  if (!body || !shown) return;
  const examples = JSON.parse(body.dataset.examples);
  const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
  const escaped = "^{}\\[~]|€\f";

  const filled = () => body.value
    .replace(/\{%[^%]*%\}\n?/g, "")
    .replace(/\{\{\s*(\w+)[^}]*\}\}/g, (whole, name) => examples[name] ?? whole)
    .trim();

  const count = () => {
    const text = filled();
    const letters = Array.from(text);
    const isGsm = letters.every((c) => basic.includes(c) || escaped.includes(c));
    const places = isGsm ? letters.reduce((n, c) => n + (escaped.includes(c) ? 2 : 1), 0) : text.length;
    const [single, each] = isGsm ? [160, 153] : [70, 67];
    const parts = places <= single ? 1 : Math.ceil(places / each);
    const said = { places, parts, left: (parts === 1 ? single : parts * each) - places, alphabet: isGsm ? "GSM-7" : "UCS-2" };
    shown.textContent = shown.dataset.words.replace(/\{(\w+)\}/g, (whole, name) => said[name] ?? whole);
  };
  body.addEventListener("input", count);
})();
