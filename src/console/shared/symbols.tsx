import type { Level } from "../../domain/levels.ts";
import { levels } from "../../domain/levels.ts";

/**
 * One shape per kind and per level, as SVG paths in a box of 48: drawn on the map and in legends from the same line. Colours
 * stay apart for colour-blind eyes (Okabe and Ito's palette, lightened for dark grounds), and no meaning hangs on colour alone.
 */
export const SYMBOL_BOX = 48;

export interface Symbol {
  readonly path: string;
  readonly color: string;
}

export const kindSymbols: Readonly<Record<string, Symbol>> = {
  vehicle: { path: "M24 4L37 42L24 34L11 42Z", color: "#56c8ff" },
  person: { path: "M24 7a8 8 0 1 1 0 16a8 8 0 1 1 0-16ZM9 42c0-10 6-16 15-16s15 6 15 16Z", color: "#c9b8ff" },
  bin: { path: "M10 9h28v6H10ZM13 18h22l-3 23H16Z", color: "#5fd6a5" },
  foodWastePoint: { path: "M24 5c8 9 14 15 14 23a14 14 0 0 1-28 0c0-8 6-14 14-23Z", color: "#b7d65f" },
  camera: { path: "M6 15h23v18H6ZM32 22l11-7v18l-11-7Z", color: "#a9bccf" },
  toilet: { path: "M8 9h13v30H8ZM27 9h13v30H27Z", color: "#e6a8d7" },
  station: { path: "M24 5l17 9.5v19L24 43L7 33.5v-19Z", color: "#e9c46a" },
  pestTrap: { path: "M24 6l18 18l-18 18L6 24Z", color: "#d9a066" },
  gateway: { path: "M19 7h10v12h12v10H29v12H19V29H7V19h12Z", color: "#8fa6bd" },
};

const OTHER: Symbol = { path: "M24 10a14 14 0 1 1 0 28a14 14 0 1 1 0-28Z", color: "#c3d0dd" };
export const symbolOf = (kind: string): Symbol =>
  (Object.hasOwn(kindSymbols, kind) ? kindSymbols[kind] : undefined) ?? OTHER;

/** Level 1 octagon, 2 triangle, 3 square, 4 circle. */
export const levelSymbols: Readonly<Record<Level, Symbol>> = {
  1: { path: "M15 3h18l12 12v18L33 45H15L3 33V15Z", color: "#ff5c5c" },
  2: { path: "M24 3L46 43H2Z", color: "#ffa43a" },
  3: { path: "M6 6h36v36H6Z", color: "#f5d555" },
  4: { path: "M24 4a20 20 0 1 1 0 40a20 20 0 1 1 0-40Z", color: "#6db8ff" },
};

/** Of what should move and does not. */
export const IDLE_COLOR = "#f2c14e";

interface KindSymbolProps {
  readonly kind: string;
  /** Not heard. */
  readonly hollow?: boolean;
  /** Its engine runs and it stands. */
  readonly idle?: boolean;
}

export function KindSymbol({ kind, hollow = false, idle = false }: KindSymbolProps) {
  const { path, color } = symbolOf(kind);
  const fill = idle ? IDLE_COLOR : color;
  const paint = hollow ? { fill: "none", stroke: "#7d91a5", "stroke-width": 4 } : { fill };
  return (
    <svg class="symbol" viewBox={`0 0 ${SYMBOL_BOX} ${SYMBOL_BOX}`} aria-hidden="true">
      <path d={path} {...paint} />
      {idle && <path d="M8 27H40" stroke="#08121c" stroke-width={6} />}
    </svg>
  );
}

/** A level told by shape, numeral and colour. */
export function LevelBadge({ level }: { level: Level }) {
  const { path, color } = levelSymbols[level];
  return (
    <svg class={`level level-${level}`} viewBox={`0 0 ${SYMBOL_BOX} ${SYMBOL_BOX}`} role="img">
      <title>{levels[level].roman}</title>
      <path d={path} fill={color} />
      <text x="24" y={level === 2 ? 37 : 31} text-anchor="middle" font-size="20" font-weight="700" fill="#0b1622">
        {levels[level].roman}
      </text>
    </svg>
  );
}
