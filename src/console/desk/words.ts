import { words } from "../shared/language.ts";

/** Words of the desk that more than one of its parts needs. */
export const say = words({
  desk: { zh: "调度台", en: "Dispatch desk" },
  queue: { zh: "告警队列", en: "Queue" },
  bench: { zh: "AI 复核", en: "AI bench" },
  starts: { zh: "出车到岗", en: "Starts" },
  coverage: { zh: "清扫覆盖", en: "Coverage" },
  timeMachine: { zh: "时光回放", en: "Time machine" },
  forecasts: { zh: "满溢预测", en: "Forecast" },
  spots: { zh: "回潮点位", en: "Hot spots" },
  devices: { zh: "设备", en: "Devices" },
  rules: { zh: "规则回测", en: "Rules" },
  silences: { zh: "静默与三防", en: "Silences" },
  kpis: { zh: "指标", en: "KPIs" },
  waste: { zh: "垃圾台账", en: "Waste ledger" },
  reports: { zh: "报告", en: "Reports" },
  handover: { zh: "交接班", en: "Handover" },
  walls: { zh: "大屏", en: "Walls" },
  people: { zh: "人员账号", en: "Accounts" },
  close: { zh: "关闭", en: "Close" },
  cancel: { zh: "取消", en: "Cancel" },
  save: { zh: "保存", en: "Save" },
  send: { zh: "提交", en: "Send" },
  undo: { zh: "撤销", en: "Undo" },
  loading: { zh: "正在加载…", en: "Loading…" },
  nothing: { zh: "暂无数据", en: "Nothing here" },
  failed: { zh: "加载失败：{why}", en: "It could not be loaded: {why}" },
  again: { zh: "重试", en: "Try again" },
  missing: { zh: "此中心尚未提供该功能", en: "This center does not offer this yet" },
  reason: { zh: "原因", en: "Reason" },
  note: { zh: "备注", en: "Note" },
  crew: { zh: "班组", en: "Crew" },
  level: { zh: "等级", en: "Level" },
  state: { zh: "状态", en: "State" },
  all: { zh: "全部", en: "All" },
  minutes: { zh: "{n} 分钟", en: "{n} min" },
  hours: { zh: "{n} 小时", en: "{n} h" },
  metres: { zh: "{n} 米", en: "{n} m" },
  kilometres: { zh: "{n} 公里", en: "{n} km" },
  theme: { zh: "明暗", en: "Theme" },
  light: { zh: "浅色", en: "Light" },
  dark: { zh: "深色", en: "Dark" },
  logOut: { zh: "退出", en: "Log out" },
  password: { zh: "修改密码", en: "Password" },
  help: { zh: "快捷键 (?)", en: "Keys (?)" },
  search: { zh: "搜索 (/)", en: "Search (/)" },
  open: { zh: "打开", en: "Open" },
  export: { zh: "导出", en: "Export" },
});

/** 1,250 m as people say it. */
export function distanceText(metres: number): string {
  return metres < 1_000
    ? say("metres", { n: Math.round(metres / 10) * 10 })
    : say("kilometres", { n: (metres / 1_000).toFixed(1) });
}

export function durationText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? say("minutes", { n: minutes }) : say("hours", { n: Math.round(minutes / 6) / 10 });
}
