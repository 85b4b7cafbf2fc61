/** Every word on the screens, in both languages. */
const texts = {
  title: { zh: "城管业务一体化运营中心", en: "Integrated Operations Center" },
  desk: { zh: "调度台", en: "Dispatch desk" },
  asOf: { zh: "数据截至", en: "Data as of" },
  connecting: { zh: "正在连接…", en: "Connecting…" },
  refused: { zh: "令牌无效，请重新登录", en: "The token is not valid; log in again" },
  storeFailing: { zh: "存储故障，数据可能滞后", en: "Storage failing, data may be late" },
  other: { zh: "English", en: "中文" },
  openAlerts: { zh: "待处置告警", en: "Open alerts" },
  overflow: { zh: "当前满溢", en: "Overflowing now" },
  vehicles: { zh: "车辆在线", en: "Vehicles online" },
  people: { zh: "人员在线", en: "Crew online" },
  bins: { zh: "垃圾桶在线", en: "Bins online" },
  cameras: { zh: "摄像机在线", en: "Cameras online" },
  newest: { zh: "最新告警", en: "Newest alerts" },
  none: { zh: "暂无告警", en: "No open alerts" },
  unconfirmed: { zh: "疑似", en: "suspected" },
  stale: { zh: "设备失联", en: "device silent" },
  late: { zh: "补报", en: "late" },
  token: { zh: "访问令牌", en: "Access token" },
  login: { zh: "登录", en: "Log in" },
  noMap: {
    zh: "此浏览器不支持 WebGL，地图不可用；数字与列表照常更新",
    en: "No WebGL here: no map; numbers and list go on",
  },
  now: { zh: "刚刚", en: "now" },
  minutes: { zh: "分钟前", en: "min ago" },
  hours: { zh: "小时前", en: "h ago" },
  keys: {
    zh: "j/k 选择 · a 确认 · d 派单 · c 备注 · x 办结",
    en: "j/k select · a acknowledge · d dispatch · c comment · x close",
  },
  acknowledge: { zh: "确认", en: "Acknowledge" },
  dispatch: { zh: "派单", en: "Dispatch" },
  comment: { zh: "备注", en: "Comment" },
  close: { zh: "办结", en: "Close" },
  crewPrompt: { zh: "派给哪个班组？", en: "Dispatch to which crew?" },
  notePrompt: { zh: "备注", en: "Note" },
  deadline: { zh: "处置时限", en: "Due" },
  count: { zh: "次数", en: "Count" },
  place: { zh: "位置", en: "Place" },
  evidence: { zh: "证据", en: "Evidence" },
  bin: { zh: "垃圾桶", en: "Bin" },
  vehicle: { zh: "作业车", en: "Vehicle" },
  person: { zh: "人员", en: "Crew" },
  camera: { zh: "摄像机", en: "Camera" },
  facility: { zh: "公厕/中转站", en: "Toilet, station" },
} as const;

export type TextName = keyof typeof texts;
export type Language = "zh" | "en";

const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("language");
let language: Language = asked === "en" ? "en" : "zh";

export const currentLanguage = (): Language => language;

export function switchLanguage(): void {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
}

export const text = (name: TextName): string => texts[name][language];

/** States of an alert as people say them. */
const states: Readonly<Record<string, { zh: string; en: string }>> = {
  open: { zh: "待确认", en: "open" },
  acknowledged: { zh: "已确认", en: "acknowledged" },
  dispatched: { zh: "已派单", en: "dispatched" },
  accepted: { zh: "已接单", en: "accepted" },
  arrived: { zh: "已到场", en: "arrived" },
  handled: { zh: "已处置", en: "handled" },
  cleared: { zh: "已恢复", en: "cleared" },
  verified: { zh: "已核查", en: "verified" },
  closed: { zh: "已办结", en: "closed" },
};
export const stateText = (state: string): string => states[state]?.[language] ?? state;

export function agoText(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 1) return text("now");
  return minutes < 120 ? `${minutes} ${text("minutes")}` : `${Math.floor(minutes / 60)} ${text("hours")}`;
}

/** The district's time of day. */
export function clockText(at: number, withDate = false): string {
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
    timeZone: "Asia/Shanghai",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    ...(withDate && { year: "numeric", month: "2-digit", day: "2-digit", weekday: "short" }),
  }).format(at);
}
