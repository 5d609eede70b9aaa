// Conveniences of the editor; every page works without this file.
(() => {
  document.documentElement.classList.add("js");
  keepPlace();
  showWhatFits();
  followTyping();
  guardTyping();
  chooseRules();
  dragLines();
  scrollPreview();

  // A press in the list loads the page anew: the same button gets the focus again.
  function keepPlace() {
    const NAME = "editor-focus";
    document.addEventListener("click", (event) => {
      const button = event.target.closest(".ed-acts button[name=do]");
      const line = button && button.closest("[id]");
      if (line && ["up", "down"].includes(button.value)) sessionStorage.setItem(NAME, JSON.stringify([line.id, button.value]));
    });
    const kept = sessionStorage.getItem(NAME);
    if (!kept) return;
    sessionStorage.removeItem(NAME);
    const [id, value] = JSON.parse(kept);
    const line = document.getElementById(id);
    const button = line && (line.querySelector(`.ed-acts button[value=${value}]:enabled`) || line.querySelector("a"));
    if (!button) return;
    button.focus();
    window.addEventListener("load", () => { // the jump to the line takes the focus away
      if (document.activeElement === document.body) button.focus();
    });
  }

  // Only the parts that fit the chosen kind are shown.
  function showWhatFits() {
    const select = document.getElementById("kind");
    if (!select) return;
    const fit = () => document.querySelectorAll("[data-kinds]").forEach((part) => {
      part.hidden = !part.dataset.kinds.split(" ").includes(select.value);
    });
    select.addEventListener("change", fit);
    fit();
  }

  // The preview follows what is typed: the server renders it, nothing is saved.
  function followTyping() {
    const form = document.querySelector("form[data-preview]");
    const frame = document.querySelector(".ed-frame");
    if (!form || !frame) return;
    let timer, turn = 0;
    const draw = async () => {
      const mine = (turn += 1);
      const language = new URL(frame.contentWindow.location.href).searchParams.get("lang") || "";
      const address = `${form.dataset.preview}?lang=${encodeURIComponent(language)}`;
      const answer = await fetch(address, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
      if (!answer || !answer.ok || mine !== turn) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = frame.contentDocument && frame.contentDocument.querySelector("main");
      const next = page.querySelector("main");
      if (now && next) now.replaceWith(frame.contentDocument.importNode(next, true));
    };
    const later = () => { clearTimeout(timer); timer = setTimeout(draw, 350); };
    form.addEventListener("input", later);
    form.addEventListener("change", later);
  }

  // Leaving with something typed asks first.
  function guardTyping() {
    const form = document.querySelector("form[data-guard]");
    if (!form) return;
    let typed = false;
    form.addEventListener("input", () => { typed = true; });
    form.addEventListener("submit", () => { typed = false; });
    window.addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
  }

  // A rule offers only what fits the chosen question.
  function chooseRules() {
    const form = document.querySelector("form[data-rules]");
    if (!form) return;
    const facts = JSON.parse(form.dataset.rules);
    const option = (value, text) => { const made = document.createElement("option"); made.value = value; made.textContent = text; return made; };
    form.addEventListener("change", (event) => {
      const [line, part] = (event.target.name || "").split(".");
      const field = (name) => form.elements[`${line}.${name}`];
      if (part === "item") {
        const fact = facts[event.target.value];
        field("is").replaceChildren(...(fact ? fact.operators.map(([code, words]) => option(code, words)) : []));
        field("is").disabled = !fact;
        let value = field("value");
        const wanted = fact && ["number", "date"].includes(fact.kind) ? "INPUT" : "SELECT";
        if (value.tagName !== wanted) {
          const made = document.createElement(wanted.toLowerCase());
          made.className = wanted === "INPUT" ? "form-control" : "form-select";
          made.id = made.name = value.name;
          made.setAttribute("aria-label", value.getAttribute("aria-label"));
          value.replaceWith(made);
          value = made;
        }
        if (wanted === "INPUT") value.type = fact.kind === "date" ? "date" : "text";
        else value.replaceChildren(...(fact ? fact.values.map(([code, words]) => option(code, words)) : []));
      }
      if (part === "item" || part === "is") {
        const fact = facts[field("item").value];
        const chosen = fact && fact.operators.find(([code]) => code === field("is").value);
        field("value").disabled = !chosen || chosen[2];
      }
    });
  }

  // Questions can be dragged as well; the buttons do the same.
  function dragLines() {
    const list = document.querySelector("[data-sortable]");
    if (!list) return;
    let dragged = null;
    const lines = [...list.querySelectorAll("[data-key]")];
    lines.forEach((line) => { line.draggable = true; });
    list.addEventListener("dragstart", (event) => {
      dragged = event.target.closest("[data-key]");
      if (dragged) event.dataTransfer.setData("text/plain", dragged.dataset.key);
    });
    list.addEventListener("dragover", (event) => {
      const over = event.target.closest("[data-key]");
      if (!dragged || !over || over === dragged) return;
      event.preventDefault();
      lines.forEach((line) => line.classList.toggle("ed-over", line === over));
    });
    list.addEventListener("dragend", () => lines.forEach((line) => line.classList.remove("ed-over")));
    list.addEventListener("drop", (event) => {
      const over = event.target.closest("[data-key]");
      if (!dragged || !over || over === dragged) return;
      event.preventDefault();
      const form = dragged.querySelector(".ed-acts");
      for (const [name, value] of [["do", "place"], ["before", over.dataset.key]]) {
        const field = document.createElement("input");
        field.type = "hidden";
        field.name = name;
        field.value = value;
        form.append(field);
      }
      form.submit();
    });
  }

  // The preview shows the question that is being written.
  function scrollPreview() {
    const frame = document.querySelector(".ed-frame[data-item]");
    if (!frame || !frame.dataset.item) return;
    const scroll = () => {
      const item = frame.contentDocument && frame.contentDocument.querySelector(`[data-item="${CSS.escape(frame.dataset.item)}"]`);
      if (item) frame.contentWindow.scrollTo(0, item.getBoundingClientRect().top + frame.contentWindow.scrollY - 24);
    };
    frame.addEventListener("load", scroll);
    if (frame.contentDocument && frame.contentDocument.readyState === "complete") scroll();
  }
})();
