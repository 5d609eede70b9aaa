// Conveniences of the board: the moving part renews itself, all boxes are marked at once. It works without.
(() => {
  const moving = document.getElementById("board-now");
  const renew = async () => {
    if (document.hidden || moving.contains(document.activeElement)) return; // nobody loses the place
    try {
      const answer = await fetch(moving.dataset.renew, { credentials: "same-origin", redirect: "error" });
      if (answer.ok) moving.innerHTML = await answer.text();
    } catch (error) {
      // the network is away: what stands there stays, and the next round tries again
    }
  };
  setInterval(renew, 30000);
  document.addEventListener("visibilitychange", renew);

  const all = document.getElementById("mark-all");
  if (!all) return;
  const boxes = () => document.querySelectorAll('input[name="ids"]');
  all.closest("label").hidden = false;
  all.addEventListener("change", () => boxes().forEach((box) => { box.checked = all.checked; }));
})();
