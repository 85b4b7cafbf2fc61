/** Fields of a query or form body: `/log?lat=1&lon=2`, `lat=1&lon=2`. Names in lower case; of a repeated one the first counts. */
export function formFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text.slice(text.indexOf("?") + 1).trim())) {
    const known = name.toLowerCase();
    if (!fields.has(known)) fields.set(known, value);
  }
  return fields;
}

/** Whether a text can be a form with a position in it. */
export function looksLikePosition(text: string): boolean {
  return text.length < 4_096 && /(^|[?&])(lat|latitude|location)=/i.test(text);
}
