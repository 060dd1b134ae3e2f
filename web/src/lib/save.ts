/** Files that the browser saves. */

/** The endings of what marketplaces take in chats, for files that have no name of their own. */
const ENDINGS: Readonly<Record<string, string>> = {
  "image/jpeg": ".jpg",
  "image/png": ".png",
  "application/pdf": ".pdf",
};

/** Names a file so that it opens by its kind. */
export function nameToSave(name: string, type: string): string {
  const hasEnding = /\.[a-z0-9]{2,5}$/i.test(name);
  return hasEnding ? name : name + (ENDINGS[type] ?? "");
}

/** Hands a file over to be saved. */
export function saveFile(body: Blob, name: string): void {
  const address = URL.createObjectURL(body);
  const link = document.createElement("a");
  link.href = address;
  link.download = nameToSave(name, body.type);
  link.click();
  // The browser has taken it by the next turn.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
