import { useSignal } from "@preact/signals";
import { freshnessOf, freshnessText, isGrey } from "../shared/freshness.tsx";
import { switchLanguage, words } from "../shared/language.ts";
import { agoText, clockText, dateText } from "../shared/time.ts";
import { say as sayCommon } from "../shared/words.ts";
import type { Intent } from "../staff/outbox.ts";
import { actionText } from "./actions.ts";
import { useDesk } from "./desk.ts";
import { allowNotices, notices, sound, switchSound, unanswered } from "./siren.ts";
import { stormUntil } from "./storm.ts";
import { switchTheme, theme } from "./theme.ts";
import { say as sayDesk } from "./words.ts";

const say = words({
  soundOn: { zh: "声音已开", en: "Sound on" },
  soundOff: { zh: "声音已关", en: "Sound off" },
  notices: { zh: "允许桌面通知", en: "Allow notices" },
  waiting: { zh: "{n} 项待提交", en: "{n} to send" },
  cutOff: { zh: "连接中断，{n} 项待提交", en: "Cut off, {n} to send" },
  conflicts: { zh: "{n} 项需处理", en: "{n} need you" },
  outbox: { zh: "我的操作", en: "My actions" },
  outboxNone: { zh: "全部已提交", en: "Everything is sent" },
  outboxWhy: {
    zh: "断网或中心重启时操作保存在本机，恢复后逐条提交，不丢失、不重复。",
    en: "While the line or the center is down, what you do is kept here and sent afterwards: nothing is lost, nothing done twice.",
  },
  conflict: { zh: "有人更快", en: "somebody was faster" },
  failed: { zh: "未被接受", en: "not accepted" },
  sending: { zh: "正在提交", en: "sending" },
  held: { zh: "稍后提交，可撤销", en: "held back, can be undone" },
  waits: { zh: "等待连接", en: "waits for the connection" },
  drop: { zh: "放弃", en: "Drop" },
  urgent: { zh: "紧急告警待确认", en: "Critical alert waits" },
  goThere: { zh: "立即处理", en: "Go there" },
  storm: { zh: "三防模式运行中", en: "Storm mode is on" },
  user: { zh: "{name}（{role}）", en: "{name} ({role})" },
  viewer: { zh: "只读", en: "viewer" },
  crew: { zh: "班组", en: "crew" },
  dispatcher: { zh: "调度员", en: "dispatcher" },
  manager: { zh: "值班长", en: "manager" },
  admin: { zh: "管理员", en: "administrator" },
});

export function TopBar() {
  const desk = useDesk();
  const { stream } = desk.session;
  const now = desk.now.value;
  const freshness = freshnessOf(stream);
  return (
    <>
      <header class="top">
        <h1>{sayCommon("center")}</h1>
        <p class={`freshness ${isGrey(freshness) ? "grey" : "live"}`} role="status">
          {freshnessText(freshness, stream)}
        </p>
        <OutboxMark />
        <span class="grow" />
        <p class="clock">
          {dateText(now)} <strong>{clockText(now)}</strong>
        </p>
        <button
          type="button"
          onClick={() => {
            desk.dialog.value = { kind: "search" };
          }}
        >
          {sayDesk("search")}
        </button>
        <button type="button" aria-pressed={sound.value} onClick={switchSound}>
          {sound.value ? say("soundOn") : say("soundOff")}
        </button>
        {!notices.value && typeof Notification !== "undefined" && Notification.permission === "default" && (
          <button type="button" onClick={() => void allowNotices()}>
            {say("notices")}
          </button>
        )}
        <button type="button" onClick={switchTheme} title={sayDesk("theme")}>
          {theme.value === "dark" ? sayDesk("light") : sayDesk("dark")}
        </button>
        <button type="button" onClick={switchLanguage}>
          {sayCommon("otherLanguage")}
        </button>
        <User />
      </header>
      <Banners />
    </>
  );
}

function User() {
  const { me, changePassword, logOut } = useDesk();
  return (
    <details class="user">
      <summary>{say("user", { name: me.name, role: say(me.role) })}</summary>
      <div>
        {me.login !== null && (
          <button type="button" onClick={changePassword}>
            {sayDesk("password")}
          </button>
        )}
        <button type="button" onClick={logOut}>
          {sayDesk("logOut")}
        </button>
      </div>
    </details>
  );
}

/** What must not be overlooked, above everything else. */
function Banners() {
  const desk = useDesk();
  const urgent = unanswered(desk);
  const storm = stormUntil(desk);
  return (
    <>
      {urgent && (desk.selectedId.value !== urgent.id || desk.page.value !== "queue") && (
        <div class="banner urgent" role="alert">
          <strong>{say("urgent")}</strong> {desk.title(urgent)} · {desk.subject(urgent)} ·{" "}
          {agoText(desk.now.value - urgent.openedAt)}
          <button
            type="button"
            onClick={() => {
              desk.page.value = "queue";
              desk.select(urgent.id);
            }}
          >
            {say("goThere")} <kbd>i</kbd>
          </button>
        </div>
      )}
      {storm !== null && <div class="banner storm">{say("storm")}</div>}
    </>
  );
}

/** How many own actions have not been confirmed; opens their list. */
function OutboxMark() {
  const { outbox } = useDesk();
  const shown = useSignal(false);
  const entries = outbox.entries.value;
  const needy = entries.filter(({ status }) => status === "conflict" || status === "failed").length;
  const waiting = entries.length - needy;
  if (entries.length === 0 && !shown.value) return null;
  const text = [
    needy > 0 ? say("conflicts", { n: needy }) : null,
    waiting > 0 ? say(outbox.cutOff.value ? "cutOff" : "waiting", { n: waiting }) : null,
  ].filter(Boolean);
  return (
    <div class="outbox">
      <button
        type="button"
        class={needy > 0 ? "needy" : outbox.cutOff.value ? "cut-off" : ""}
        aria-expanded={shown.value}
        onClick={() => {
          shown.value = !shown.value;
        }}
      >
        {text.join(" · ") || say("outboxNone")}
      </button>
      {shown.value && (
        <section class="outbox-list" aria-label={say("outbox")}>
          <h3>{say("outbox")}</h3>
          <p>{entries.length === 0 ? say("outboxNone") : say("outboxWhy")}</p>
          <ul>
            {entries.map((intent) => (
              <OutboxLine key={intent.key} intent={intent} />
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function OutboxLine({ intent }: { intent: Intent }) {
  const desk = useDesk();
  const held = intent.status === "waiting" && intent.notBefore > Date.now();
  const status = held ? "held" : intent.status === "waiting" ? "waits" : intent.status;
  return (
    <li class={intent.status}>
      <button
        type="button"
        class="link"
        onClick={() => {
          desk.page.value = "queue";
          desk.select(intent.alertId);
        }}
      >
        {actionText(intent.action)} · {intent.about}
      </button>
      <small>
        {say(status)} {intent.detail}
      </small>
      {intent.status !== "sending" && (
        <button type="button" onClick={() => desk.outbox.dismiss(intent.key)}>
          {say("drop")}
        </button>
      )}
    </li>
  );
}
