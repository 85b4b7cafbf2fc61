import { words } from "../shared/language.ts";
import type { Standing } from "./sweep-plan.ts";

const texts = words({
  willMiss: { zh: "将漏扫", en: "will be missed" },
  missed: { zh: "未完成", en: "not done" },
  underWay: { zh: "作业中", en: "under way" },
  planned: { zh: "未开始", en: "planned" },
  done: { zh: "已完成", en: "done" },
});

export const standingText = (standing: Standing): string => texts(standing);

const HALF_SWEPT = 0.45;

/** One shape each, in a box of 20: a triangle warns, a cross is missed, a half disc works, a ring waits, a tick is done. */
const shapes: Readonly<Record<Standing, string>> = {
  willMiss: "M10 2L19 18H1ZM10 8v5M10 15.2v.6",
  missed: "M3 3h14v14H3ZM7 7l6 6M13 7l-6 6",
  underWay: "M10 2a8 8 0 1 0 0 16a8 8 0 1 0 0-16ZM10 2v16a8 8 0 0 0 0-16Z",
  planned: "M10 3a7 7 0 1 0 0 14a7 7 0 1 0 0-14Z",
  done: "M10 2a8 8 0 1 0 0 16a8 8 0 1 0 0-16ZM6 10.5l3 3l5.5-6.5",
};

export function StandingMark({ standing }: { standing: Standing }) {
  return (
    <svg class={`standing ${standing}`} viewBox="0 0 20 20" role="img">
      <title>{standingText(standing)}</title>
      <path d={shapes[standing]} />
    </svg>
  );
}

/** How much is swept, in the colours of the map, with a mark where it is enough. */
export function SweptBar({ coverage, target }: { coverage: number; target: number }) {
  const colour = coverage >= target ? 95 : coverage >= HALF_SWEPT ? 60 : 0;
  return (
    <span class="swept-bar" aria-hidden="true">
      <i class={`swept-${colour}`} style={{ width: `${coverage * 100}%` }} />
      <b style={{ left: `${target * 100}%` }} />
    </span>
  );
}

export const shareText = (share: number): string => `${Math.round(share * 100)} %`;
