// Shows the examples that a reader asks for. Without it, all of them are there.
const form = document.querySelector(".filters");
if (form) {
  const cards = [...document.querySelectorAll(".example")];
  const rest = document.querySelector(".rest");
  const show = () => {
    if (rest) rest.open = true;
    const kind = form.elements.kind.value;
    const words = form.elements.words.value.trim().toLowerCase();
    let shown = 0;
    for (const card of cards) {
      const fits = (!kind || card.dataset.kinds.split(" ").includes(kind)) &&
        card.textContent.toLowerCase().includes(words);
      card.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    form.querySelector("output").textContent = `${shown} shown`;
  };
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
}
