import { words } from "../shared/language.ts";
import { actionText, deskActions } from "./actions.ts";
import { useDesk } from "./desk.ts";
import { pages, pageText } from "./pages.ts";

const say = words({
  moving: { zh: "选择", en: "Choosing" },
  acting: { zh: "处理", en: "Acting" },
  going: { zh: "跳转", en: "Going" },
  here: { zh: "本页面", en: "On this page" },
  section: { zh: "下一路段 / 上一路段", en: "next / previous section" },
  firstSection: { zh: "第一个 / 最后一个路段", en: "first / last section" },
  standing: { zh: "只看该状态", en: "only this state" },
  noSection: { zh: "取消选择", en: "choose none" },
  isSo: { zh: "情况属实", en: "it is so" },
  isNot: { zh: "误报，原因见按钮", en: "false alarm, for the reason of that number" },
  nextOne: { zh: "下一条", en: "next" },
  refer: { zh: "留作参照图", en: "keep as the reference picture" },
  play: { zh: "播放 / 暂停", en: "play / stand still" },
  seek: { zh: "后退 / 前进", en: "back / forward" },
  slower: { zh: "更慢 / 更快", en: "slower / faster" },
  windowEnds: { zh: "起点 / 终点", en: "beginning / end" },
  next: { zh: "下一条 / 上一条", en: "next / previous" },
  ends: { zh: "第一条 / 最后一条", en: "first / last" },
  mark: { zh: "加入批量选择", en: "choose for many at once" },
  markAll: { zh: "选择全部", en: "choose all" },
  levels: { zh: "只看该等级", en: "only this level" },
  urgent: { zh: "到一级告警", en: "to the critical alert" },
  escape: { zh: "取消选择、清除筛选", en: "choose none, clear the filter" },
  undo: { zh: "撤销上一步", en: "take back the last step" },
  export: { zh: "导出告警", en: "export alerts" },
  search: { zh: "搜索", en: "search" },
  help: { zh: "本页", en: "this page" },
});

type Line = readonly [keys: readonly string[], text: string];

/** Keys that one page has for itself. */
const ofPage: Readonly<Record<string, () => readonly Line[]>> = {
  coverage: () => [
    [["j", "k"], say("section")],
    [["Home", "End"], say("firstSection")],
    [["1", "…", "5"], say("standing")],
    [["Esc"], say("noSection")],
  ],
  bench: () => [
    [["y"], say("isSo")],
    [["1", "…", "6"], say("isNot")],
    [["j"], say("nextOne")],
    [["r"], say("refer")],
  ],
  timeMachine: () => [
    [["Space", "k"], say("play")],
    [["←", "→"], say("seek")],
    [["−", "+"], say("slower")],
    [["Home", "End"], say("windowEnds")],
  ],
};

/** Every key there is. */
export function KeyHelp() {
  const { may, page } = useDesk();
  const here = ofPage[page.value]?.() ?? [];
  const moving: readonly Line[] = [
    [["j", "k"], say("next")],
    [["Home", "End"], say("ends")],
    [["Space"], say("mark")],
    [["Ctrl", "A"], say("markAll")],
    [["1", "2", "3", "4"], say("levels")],
    [["i"], say("urgent")],
    [["Esc"], say("escape")],
    ...(may("exportData") ? [[["E"], say("export")] as const] : []),
    [["/", "Ctrl K"], say("search")],
    [["?"], say("help")],
  ];
  return (
    <div class="key-help">
      {here.length > 0 && <Column title={say("here")} lines={here} />}
      <Column title={say("moving")} lines={moving} />
      <Column
        title={say("acting")}
        lines={[...deskActions.map(({ key, id }) => [[key], actionText(id)] as const), [["u"], say("undo")] as const]}
      />
      <Column
        title={say("going")}
        lines={pages
          .filter(({ permission }) => may(permission))
          .map(({ key, id }) => [["g", key], pageText(id)] as const)}
      />
    </div>
  );
}

function Column({ title, lines }: { title: string; lines: readonly Line[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {lines.map(([keys, text]) => (
          <div key={text}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
