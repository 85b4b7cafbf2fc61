/** A pattern matched: which driver, and what its named levels hold. */
export interface TopicMatch<T> {
  readonly value: T;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  wildcard: Node<T> | null;
  /** A pattern ends here, here and below, or nothing does. */
  end: { value: T; names: readonly string[] } | null;
  rest: { value: T; names: readonly string[] } | null;
}

const CACHED_TOPICS = 50_000;

const newNode = <T>(): Node<T> => ({ children: new Map(), wildcard: null, end: null, rest: null });

/**
 * Finds the pattern a topic belongs to. Topics repeat, so each is looked up once.
 * @throws Error when some topic would belong to two patterns
 */
export function createTopicMatcher<T>(patterns: readonly { pattern: string; value: T }[]) {
  const root = newNode<T>();
  for (const [index, { pattern, value }] of patterns.entries()) {
    const other = patterns.slice(0, index).find((earlier) => overlap(earlier.pattern, pattern));
    if (other) throw new Error(`a topic could belong to ${other.pattern} and to ${pattern}`);
    let node = root;
    const names: string[] = [];
    const levels = pattern.split("/");
    for (const [index, level] of levels.entries()) {
      const name = /^\{(\w+)(\+?)\}$/.exec(level);
      if (name?.[2]) {
        if (index !== levels.length - 1) throw new Error(`${pattern}: only the last level may stand for the rest`);
        node.rest = { value, names: [...names, name[1] as string] };
      } else if (name) {
        names.push(name[1] as string);
        node.wildcard ??= newNode();
        node = node.wildcard;
      } else {
        const next = node.children.get(level) ?? newNode<T>();
        node.children.set(level, next);
        node = next;
      }
    }
    if (!pattern.endsWith("+}")) node.end = { value, names };
  }

  const find = (
    node: Node<T>,
    levels: readonly string[],
    at: number,
    taken: readonly string[],
  ): TopicMatch<T> | null => {
    const level = levels[at];
    if (level === undefined) return node.end && named(node.end, taken);
    const exact = node.children.get(level);
    // A level may be a literal here and a name there: literals go first, and what leads nowhere is taken back.
    const found =
      (exact && find(exact, levels, at + 1, taken)) ||
      (node.wildcard && level !== "" && find(node.wildcard, levels, at + 1, [...taken, level]));
    if (found) return found;
    return node.rest && named(node.rest, [...taken, levels.slice(at).join("/")]);
  };

  let cache = new Map<string, TopicMatch<T> | null>();
  return (topic: string): TopicMatch<T> | null => {
    const known = cache.get(topic);
    if (known !== undefined) return known;
    const match = find(root, topic.split("/"), 0, []);
    if (cache.size >= CACHED_TOPICS) cache = new Map();
    cache.set(topic, match);
    return match;
  };
}

function named<T>({ value, names }: { value: T; names: readonly string[] }, taken: readonly string[]): TopicMatch<T> {
  return { value, parameters: Object.fromEntries(names.map((name, i) => [name, taken[i] ?? ""])) };
}

/** Whether some topic fits both patterns. */
export function overlap(one: string, other: string): boolean {
  const a = one.split("/");
  const b = other.split("/");
  for (let i = 0; ; i++) {
    const [left, right] = [a[i], b[i]];
    if (left === undefined || right === undefined) return left === right;
    if (left.endsWith("+}") || right.endsWith("+}")) return true;
    if (left !== right && !left.startsWith("{") && !right.startsWith("{")) return false;
  }
}

/** Filters without those that another one covers: a broker delivers a message once for each subscription it fits. */
export function withoutCovered(filters: readonly string[]): string[] {
  const distinct = [...new Set(filters)];
  return distinct.filter((filter) => !distinct.some((other) => other !== filter && coversFilter(other, filter)));
}

/** Whether every topic of the narrow filter fits the wide one. `a/#` fits `a` as well. */
function coversFilter(wide: string, narrow: string): boolean {
  const [outer, inner] = [wide.split("/"), narrow.split("/")];
  for (const [i, level] of outer.entries()) {
    if (level === "#") return true;
    const given = inner[i];
    if (given === undefined || given === "#" || (level !== "+" && level !== given)) return false;
  }
  return outer.length === inner.length;
}

/** The MQTT filter that covers a pattern. */
export function filterOf(pattern: string): string {
  return pattern.replace(/\{\w+\+\}$/, "#").replace(/\{\w+\}/g, "+");
}
