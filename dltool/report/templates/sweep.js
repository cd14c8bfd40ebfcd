for (const head of document.querySelectorAll(".points th")) {
  head.querySelector("button").onclick = () => {
    const down = head.getAttribute("aria-sort") === "ascending", column = head.cellIndex;
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = head.closest("table").tBodies[0];
    const value = row => row.cells[column].dataset.value;
    const compare = (a, b) => isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b;
    const rows = [...body.rows].filter(row => value(row) !== "");
    const empty = [...body.rows].filter(row => value(row) === "");
    rows.sort((a, b) => (down ? -1 : 1) * compare(value(a), value(b)));
    body.append(...rows, ...empty);
  };
}
for (const row of document.querySelectorAll(".points tbody tr")) {
  const mark = on => {
    for (const line of document.querySelectorAll(`.line[data-point="${row.dataset.point}"]`))
      line.classList.toggle("on", on);
  };
  row.onmouseenter = () => mark(true);
  row.onmouseleave = () => mark(false);
}
const copy = document.querySelector(".copy");
if (copy) copy.onclick = async () => {
  const text = document.querySelector("pre");
  getSelection().selectAllChildren(text);
  try { await navigator.clipboard.writeText(text.textContent); } catch { document.execCommand("copy"); }
  copy.textContent = "Copied";
};
