// The sentence of a rule says at once what was chosen; without scripts it says so after the next press.
(() => {
  const say = (pick) => {
    const said = pick.querySelector("summary b");
    const chosen = [...pick.querySelectorAll("input:checked")].map((box) => box.parentElement.textContent.trim());
    const typed = pick.querySelector("input[type=text]");
    if (typed && typed.value.trim()) chosen.push(typed.value.trim());
    said.textContent = chosen.length ? chosen.join(" · ") : said.dataset.none;
  };
  document.querySelectorAll("details.pick").forEach((pick) => {
    pick.addEventListener("input", () => say(pick));
    pick.addEventListener("toggle", () => {
      if (!pick.open) return;
      document.querySelectorAll("details.pick[open]").forEach((other) => {
        if (other !== pick) other.open = false;
      });
    });
  });
  const found = document.getElementById("trial");
  if (found) found.scrollIntoView({ block: "start" });
})();
