/** Hands `blob` to the browser as a file to save under `name`. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // not at once: some browsers read it only later
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
