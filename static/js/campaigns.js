// A convenience only: shows of the form what belongs to the choice. Without scripts everything stays visible.
(() => {
  const form = document.querySelector(".campaign-form");
  if (!form) return;
  const show = () => {
    form.querySelectorAll("[data-for]").forEach((part) => {
      const chosen = form.querySelector(`input[name="${part.dataset.for}"]:checked`);
      const fits = chosen && part.dataset.is.split(" ").includes(chosen.value);
      const bad = part.querySelector(".field-bad");
      part.hidden = !fits && !bad;
    });
  };
  form.addEventListener("change", show);
  show();
})();
