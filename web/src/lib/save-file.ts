/** Gives the person a file that was fetched: unlike a plain link, a refusal can be shown where it was asked for. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
