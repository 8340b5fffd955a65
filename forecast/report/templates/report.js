"use strict";
(() => {
  const report = JSON.parse(document.getElementById("report").textContent);
  const views = {};
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);

  // Names reach the page as text nodes only, never as markup.
  const showTip = (handler, event, item, value) => {
    tip.hidden = value === null || value === undefined || value === "";
    if (tip.hidden) return;
    const rows = typeof value === "object" ? Object.entries(value).map(([key, cell]) => `${key}: ${cell}`) : [String(value)];
    tip.replaceChildren(...rows.map((row) => Object.assign(document.createElement("div"), { textContent: row })));
    const left = Math.min(event.clientX + 12, window.innerWidth - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${Math.max(8, event.clientY - tip.offsetHeight - 10)}px`;
  };

  const draw = async (place) => {
    const id = place.dataset.chart;
    try {
      const made = await vegaEmbed(place, report.charts[id], {
        mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false, tooltip: showTip,
      });
      views[id] = made.view;
      if (place.dataset.aspect) {
        // The chamber keeps its shape: its height follows the width of the page.
        const shape = () => made.view.height(Math.round(made.view.width() / Number(place.dataset.aspect))).runAsync();
        made.view.addSignalListener("width", shape);
        await shape();
      }
      place.dataset.drawn = "true";
    } catch (fault) {
      const failed = document.createElement("p");
      failed.textContent = report.words.failed;
      place.replaceChildren(failed);
      place.dataset.drawn = "failed";
      console.error(`${id}: ${fault.message}`);
    }
  };

  const places = [...document.querySelectorAll("[data-chart]")];
  Promise.all(places.map(draw)).then(() => { document.documentElement.dataset.ready = "true"; });

  // The places of a chamber's seats, as ``hemicycle.places`` has them: a house that grows needs one for every size.
  const placesOf = (seats, inner) => {
    const rows = Math.max(1, Math.round(Math.sqrt((seats * (1 - inner)) / ((Math.PI * (1 + inner)) / 2))));
    const radii = rows === 1 ? [1] : [...Array(rows).keys()].map((row) => inner + ((1 - inner) * row) / (rows - 1));
    const length = radii.reduce((sum, radius) => sum + radius, 0);
    let [reached, filled] = [0, 0];
    const found = [];
    radii.forEach((radius) => {
      reached += radius;
      const count = Math.round((seats * reached) / length) - filled;
      filled += count;
      for (let i = 0; i < count; i += 1) found.push([Math.PI * (1 - (count > 1 ? i / (count - 1) : 0.5)), radius]);
    });
    const turned = ([angle]) => Math.round(angle * 1e9);
    found.sort((one, other) => turned(other) - turned(one) || one[1] - other[1]);
    return found.map(([angle, radius]) => [radius * Math.cos(angle), radius * Math.sin(angle)]);
  };

  // The chamber: the seats of one draw, party by party in the order of the median's picture.
  const chamberRows = (house, seats) => {
    const holders = [];
    house.order.forEach((group) => { for (let i = 0; i < seats[group]; i += 1) holders.push(group); });
    const members = Math.max(house.size, holders.length);
    const elected = members - house.appointed;  // those that no ballot fills come last
    const step = Math.ceil(members / house.most);
    return placesOf(Math.ceil(members / step), house.inner).map(([x, y], place) => {
      const group = holders[place * step];
      if (place * step >= elected) return { x, y, party: report.words.appointed, color: house.appointedColor };
      return group === undefined
        ? { x, y, party: report.words.vacant, color: house.open }
        : { x, y, party: house.groups[group], color: house.colors[group] };
    });
  };
  const legend = (number, house, entries) => {
    document.getElementById(`legend-${number}`).replaceChildren(...entries.map(([name, color, seats]) => {
      const item = document.createElement("li");
      const swatch = document.createElement("span");
      swatch.className = `swatch c-${color.slice(1)}`;
      const label = Object.assign(document.createElement("bdi"), { textContent: name });
      const count = Object.assign(document.createElement("b"), { textContent: seats });
      item.append(swatch, label, " ", count);
      return item;
    }));
  };
  const show = (number, rows, entries, state) => {
    const house = report.houses[number];
    views[`hemicycle-${number}`].data("chamber", rows).run();
    document.getElementById(`hemicycle-${number}`).setAttribute("aria-label", entries.map(([name, , seats]) => `${name} ${seats}`).join("; "));
    document.getElementById(`state-${number}`).textContent = state;
    legend(number, house, entries);
  };
  document.querySelectorAll("[data-random]").forEach((button) => {
    const number = button.dataset.random;
    const house = report.houses[number];
    const back = document.querySelector(`[data-median="${number}"]`);
    let last = -1;
    button.addEventListener("click", () => {
      let choice = Math.floor(Math.random() * house.draws.length);
      if (choice === last) choice = (choice + 1) % house.draws.length;
      last = choice;
      const [draw, ...seats] = house.draws[choice];
      const entries = house.order.filter((group) => seats[group]).map((group) => [house.groups[group], house.colors[group], seats[group]]);
      const vacant = house.size - house.appointed - seats.reduce((sum, count) => sum + count, 0);
      if (vacant > 0) entries.push([report.words.vacant, house.open, vacant]);
      if (house.appointed > 0) entries.push([report.words.appointed, house.appointedColor, house.appointed]);
      show(number, chamberRows(house, seats), entries, report.words.draw.replace("{n}", draw));
      back.hidden = false;
    });
    back.addEventListener("click", () => {
      show(number, house.median, house.medianLegend, house.medianState);
      back.hidden = true;
    });
  });

  // The coalition builder: one look into the joint tallies.
  const percent = (count, draws) => {
    const value = (100 * count) / draws;
    const written = (number, digits) => number.toFixed(digits).replace(".", report.words.decimal);
    if (value < 0.1) return `<${written(0.1, 1)}\u00a0%`;
    if (value > 99.9) return `>${written(99.9, 1)}\u00a0%`;
    const p = (count + 0.5) / (draws + 1);
    const fine = Math.sqrt((p * (1 - p)) / draws) < 0.0005 || value < 1 || value > 99;
    return `${written(value, fine ? 1 : 0)}\u00a0%`;
  };
  document.querySelectorAll("[data-coalition]").forEach((form) => {
    const number = form.dataset.coalition;
    const { coalition } = report.houses[number];
    const output = document.getElementById(`coalition-${number}`);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", () => {
      const picked = [...form.querySelectorAll("input:checked")].reduce((set, box) => set + 2 ** Number(box.value), 0);
      const line = (before, count, after) => {
        const part = document.createElement("div");
        part.append(`${before} `, Object.assign(document.createElement("b"), { textContent: percent(count, coalition.draws) }), ` ${after}`);
        return part;
      };
      if (picked === 0) {
        output.replaceChildren(Object.assign(document.createElement("span"), { className: "hint", textContent: report.words.pick }));
        return;
      }
      output.replaceChildren(
        line(report.words.reads, coalition.majority[picked], report.words.of),
        line(report.words.needs, coalition.minimal[picked], ""),
      );
    });
  });
})();
