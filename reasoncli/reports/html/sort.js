"use strict";
// Makes the columns of a table with the class "sortable" sort it. The table is whole without this.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], listed = [...body.rows], heads = [...table.tHead.rows[0].cells];
  const said = document.getElementById("sorted"), words = new Intl.Collator("en", { numeric: true });
  const value = (row, column, isNumber) => {
    const cell = row.cells[column], text = cell.dataset.value ?? cell.textContent.trim();
    return text === "" ? null : isNumber ? Number(text) : text;
  };
  heads.forEach((head, column) => {
    const isNumber = head.classList.contains("n") || head.dataset.sort === "order";
    const button = document.createElement("button"), name = head.textContent.trim();
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const first = head.dataset.sort === "most" ? "descending" : "ascending";
      const now = head.getAttribute("aria-sort");
      const way = now === null ? first : now === "ascending" ? "descending" : "ascending";
      const sign = way === "ascending" ? 1 : -1;
      const keyed = listed.map(row => [value(row, column, isNumber), row]);
      keyed.sort(([a], [b]) => {
        if (a === null || b === null) return (a === null) - (b === null);
        return sign * (isNumber ? a - b : words.compare(a, b));
      });
      body.append(...keyed.map(([, row]) => row));
      heads.forEach(each => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", way);
      said.textContent = `Sorted by ${name}, ${way}.`;
    });
  });
}
