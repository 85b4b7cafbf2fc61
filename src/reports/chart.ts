const WIDTH = 720;
const HEIGHT = 180;
const LEFT = 36;
const TOP = 10;
const BOTTOM = 24;
/** Of a bar's share of the width. */
const GAP = 0.25;
const STEPS = 4;
/** A label takes about this much. */
const LABEL_WIDTH = 44;
const INK = "#33404f";

export interface Bar {
  /** Plain text without markup: a time or a date. */
  readonly label: string;
  readonly value: number;
}

/**
 * Bars as an SVG drawing. Its looks are attributes, not styles: it is shown in pages whose policy lets no inline style through.
 * Pure.
 */
export function barChart(bars: readonly Bar[]): string {
  const step = roundStep(Math.max(1, ...bars.map(({ value }) => value)) / STEPS);
  const most = Math.max(step, Math.ceil(Math.max(0, ...bars.map(({ value }) => value)) / step) * step);
  const [width, height] = [WIDTH - LEFT, HEIGHT - TOP - BOTTOM];
  const share = width / Math.max(1, bars.length);
  const y = (value: number) => round(TOP + height - (value / most) * height);
  const lines: string[] = [];
  for (let value = 0; value <= most; value += step) {
    lines.push(
      `<line x1="${LEFT}" x2="${WIDTH}" y1="${y(value)}" y2="${y(value)}" stroke="#d5dce4"/>`,
      `<text x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
    );
  }
  const every = Math.max(1, Math.ceil(LABEL_WIDTH / share));
  const columns = bars.map(({ label, value }, i) => {
    const x = LEFT + i * share;
    const bar = `<rect x="${round(x + (share * GAP) / 2)}" y="${y(value)}" width="${round(share * (1 - GAP))}" height="${round(y(0) - y(value))}" fill="#2f6fb0"/>`;
    if (i % every > 0) return bar;
    return `${bar}<text x="${round(x + share / 2)}" y="${HEIGHT - 6}" text-anchor="middle">${label}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true" font-size="11" fill="${INK}">${lines.join("")}${columns.join("")}</svg>`;
}

/** 1, 2, 5, 10, 20, 50 …: the next one up; alerts are whole. */
function roundStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, atLeast)));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= atLeast) ?? 10);
}

const round = (value: number): number => Math.round(value * 10) / 10;
