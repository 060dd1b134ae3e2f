/** A table as text, whichever way it was saved: UTF-8, or Windows-1251 as Excel saves CSV in Russia. */

export async function textOf(file: Blob): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1251").decode(bytes);
  }
}
