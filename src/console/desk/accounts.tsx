import { useSignal } from "@preact/signals";
import { type Role, roles, type Scope } from "../../domain/roles.ts";
import { words } from "../shared/language.ts";
import { dateTimeText } from "../shared/time.ts";
import { useDesk } from "./desk.ts";
import { Head, type Loaded, Shown, Table, useLoad } from "./parts.tsx";
import { say as sayDesk } from "./words.ts";

const say = words({
  add: { zh: "新增账号", en: "A new account" },
  login: { zh: "账号（小写字母、数字）", en: "Login (small letters, digits)" },
  name: { zh: "姓名", en: "Name" },
  role: { zh: "角色", en: "Role" },
  crew: { zh: "班组编号（班组角色）", en: "Crew (for the role crew)" },
  badge: { zh: "工牌设备编号", en: "Badge (device)" },
  communities: { zh: "限于社区（逗号分隔，空为不限）", en: "Only these communities (commas; empty: all)" },
  password: { zh: "初始密码（首次登录须修改）", en: "First password (to be changed at login)" },
  create: { zh: "创建", en: "Create" },
  sessions: { zh: "在线会话", en: "Sessions" },
  since: { zh: "密码设于", en: "Password since" },
  status: { zh: "状态", en: "State" },
  active: { zh: "正常", en: "active" },
  disabled: { zh: "已停用", en: "disabled" },
  locked: { zh: "已锁定 {s} 秒", en: "locked for {s} s" },
  mustChange: { zh: "待改密码", en: "must change password" },
  disable: { zh: "停用", en: "Disable" },
  enable: { zh: "启用", en: "Enable" },
  reset: { zh: "重置密码", en: "New password" },
  logOut: { zh: "全部下线", en: "Log out everywhere" },
  newPassword: { zh: "{id} 的新密码", en: "New password for {id}" },
  viewer: { zh: "只读", en: "viewer" },
  dispatcher: { zh: "调度员", en: "dispatcher" },
  manager: { zh: "值班长", en: "manager" },
  admin: { zh: "管理员", en: "administrator" },
  crewRole: { zh: "班组", en: "crew" },
  done: { zh: "已保存：{id}", en: "Saved: {id}" },
});

interface Person {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly scope: Scope;
  readonly crewId: string | null;
  readonly deviceId: string | null;
  readonly mustChangePassword: boolean;
  readonly passwordChangedAt: number;
  readonly disabledAt: number | null;
  readonly sessions: number;
  readonly lockedSeconds: number;
}

const roleText = (role: Role): string => say(role === "crew" ? "crewRole" : role);

/** Who may log in. For administrators. */
export default function Accounts() {
  const desk = useDesk();
  const people = useLoad<{ items: Person[] }>("/people", 30_000);
  const resetting = useSignal<string | null>(null);
  const act = async (id: string, method: string, path: string, body?: object) => {
    try {
      await desk.rest.ask(method, `/people/${encodeURIComponent(id)}${path}`, body);
      desk.toast(say("done", { id }), "good");
      resetting.value = null;
    } catch (error) {
      desk.toast((error as Error).message, "bad");
    }
    people.reload();
  };
  return (
    <>
      <Head title={sayDesk("people")} />
      <Shown of={people}>
        {({ items }) => (
          <Table
            label={sayDesk("people")}
            rows={items}
            keyOf={({ id }) => id}
            toneOf={({ disabledAt }) => (disabledAt === null ? "" : "faded")}
            columns={[
              { title: say("login"), cell: ({ id }) => <strong>{id}</strong> },
              { title: say("name"), cell: ({ name }) => name },
              { title: say("role"), cell: ({ role, crewId }) => [roleText(role), crewId].filter(Boolean).join(" · ") },
              {
                title: say("status"),
                cell: ({ disabledAt, lockedSeconds, mustChangePassword }) =>
                  disabledAt !== null
                    ? say("disabled")
                    : lockedSeconds > 0
                      ? say("locked", { s: lockedSeconds })
                      : mustChangePassword
                        ? say("mustChange")
                        : say("active"),
              },
              { title: say("sessions"), number: true, cell: ({ sessions }) => sessions },
              { title: say("since"), cell: ({ passwordChangedAt }) => dateTimeText(passwordChangedAt) },
              {
                title: "",
                cell: ({ id, disabledAt }) => (
                  <span class="row-actions">
                    <button
                      type="button"
                      onClick={() => {
                        resetting.value = id;
                      }}
                    >
                      {say("reset")}
                    </button>
                    <button type="button" onClick={() => void act(id, "PATCH", "", { disabled: disabledAt === null })}>
                      {disabledAt === null ? say("disable") : say("enable")}
                    </button>
                    <button type="button" onClick={() => void act(id, "DELETE", "/sessions")}>
                      {say("logOut")}
                    </button>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Shown>
      {resetting.value !== null && (
        <form
          class="panel stack"
          onSubmit={(event) => {
            event.preventDefault();
            const password = String(new FormData(event.currentTarget as HTMLFormElement).get("password"));
            void act(resetting.value ?? "", "PUT", "/password", { password });
          }}
        >
          <label>
            {say("newPassword", { id: resetting.value })}
            <input name="password" type="password" required autofocus autocomplete="new-password" />
          </label>
          <button type="submit" class="primary">
            {sayDesk("save")}
          </button>
        </form>
      )}
      <NewPerson people={people} />
    </>
  );
}

function NewPerson({ people }: { people: Loaded<unknown> }) {
  const desk = useDesk();
  const problem = useSignal<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const { id, name, role, crewId, deviceId, communities, password } = Object.fromEntries(
      new FormData(form),
    ) as Record<string, string>;
    const communityId = (communities ?? "").split(/[,，\s]+/).filter(Boolean);
    try {
      await desk.rest.ask("POST", "/people", {
        id,
        name,
        role,
        password,
        crewId: crewId || null,
        deviceId: deviceId || null,
        scope: communityId.length > 0 ? { communityId } : {},
      });
      form.reset();
      problem.value = null;
      desk.toast(say("done", { id: id ?? "" }), "good");
    } catch (error) {
      problem.value = (error as Error).message;
    }
    people.reload();
  };
  return (
    <form class="panel grid-form" onSubmit={(event) => void submit(event)}>
      <h3>{say("add")}</h3>
      <label>
        {say("login")}
        <input name="id" required pattern="[a-z0-9][a-z0-9._\-]{1,31}" autocomplete="off" />
      </label>
      <label>
        {say("name")}
        <input name="name" required maxLength={64} autocomplete="off" />
      </label>
      <label>
        {say("role")}
        <select name="role">
          {roles.map((role) => (
            <option key={role} value={role} selected={role === "dispatcher"}>
              {roleText(role)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {say("password")}
        <input name="password" type="password" required autocomplete="new-password" />
      </label>
      <label>
        {say("crew")}
        <input name="crewId" autocomplete="off" />
      </label>
      <label>
        {say("badge")}
        <input name="deviceId" autocomplete="off" />
      </label>
      <label>
        {say("communities")}
        <input name="communities" autocomplete="off" />
      </label>
      <p class="problem" role="alert">
        {problem.value}
      </p>
      <button type="submit" class="primary">
        {say("create")}
      </button>
    </form>
  );
}
