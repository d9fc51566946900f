"use strict";
// Draws the day's curves: hover shows the values of all plots at one time, dragging looks closer, two clicks show all.
(() => {
  const data = JSON.parse(document.getElementById("series").textContent);
  const plots = [];
  const day = 86400;
  const several = data.span_s > day;
  const two = (number) => String(number).padStart(2, "0");
  const clock = (at) => {
    const rest = ((Math.round(at) % day) + day) % day;
    const time = `${two(Math.floor(rest / 3600))}:${two(Math.floor((rest % 3600) / 60))}`;
    return several ? `${Math.floor(at / day) + 1}/${time}` : time;
  };
  const number = (value) => value == null ? "–" : value.toLocaleString(data.language, { maximumSignificantDigits: 4 });
  const brief = (value) => value.toLocaleString(data.language, { notation: "compact", maximumSignificantDigits: 3 });

  const piled = (rows) => {
    const sums = rows[0].map(() => 0);
    return rows.map((row) => row.map((value, index) => (sums[index] += value ?? 0)));
  };

  const show = (low, high) => plots.forEach((plot) => {
    if (plot.scales.x.min !== low || plot.scales.x.max !== high) plot.setScale("x", { min: low, max: high });
  });

  const draw = (panel, place) => {
    const drawn = panel.stacked ? piled(panel.values) : panel.values;
    const order = panel.labels.map((_, index) => index);
    if (panel.stacked) order.reverse(); // the lowest is painted last, over those that stand on it
    const steps = panel.at_s.length <= 48 ? uPlot.paths.stepped({ align: 1 }) : undefined;
    const series = order.map((index) => ({
      label: panel.labels[index],
      stroke: panel.stacked ? "#ffffff" : panel.colours[index],
      fill: panel.stacked ? panel.colours[index] : undefined,
      width: panel.stacked ? 0.3 : 1.3,
      points: { show: false },
      paths: steps,
      value: (plot, _, __, at) => number(at == null ? null : panel.values[index][at]),
    }));
    const options = {
      width: place.clientWidth, height: 190,
      cursor: { sync: { key: "day" }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] } },
      axes: [
        { values: (_, at) => at.map(clock), incrs: [60, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800], grid: { stroke: "#eef0f3" }, ticks: { stroke: "#d5dae1" } },
        { values: (_, at) => at.map(brief), size: 52, grid: { stroke: "#eef0f3" }, ticks: { show: false } },
      ],
      series: [{ label: data.time, value: (_, at) => at == null ? "–" : clock(at) }, ...series],
      hooks: { setScale: [(plot, key) => { if (key === "x" && plots.includes(plot)) show(plot.scales.x.min, plot.scales.x.max); }] },
    };
    if (panel.title.includes("PUE")) options.scales.y.range = (_, low, high) => [1, Math.max(high, 1.01)];
    const plot = new uPlot(options, [panel.at_s, ...order.map((index) => drawn[index])], place);
    plots.push(plot);
  };

  document.documentElement.classList.add("live"); // drawings of the same curves are for paper
  data.panels.forEach((panel, index) => draw(panel, document.getElementById(`panel-${index}`)));
  const reset = document.getElementById("reset");
  if (reset) reset.addEventListener("click", () => plots.forEach((plot) => plot.setData(plot.data)));
  let waiting;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => plots.forEach((plot) => plot.setSize({ width: plot.root.parentElement.clientWidth, height: 190 })), 100);
  });
})();
