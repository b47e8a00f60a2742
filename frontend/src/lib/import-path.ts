/** The page that imports, with `link` written into it already. */
export function importPath(link: string, isRecursive = false): string {
  const query = new URLSearchParams({ link, ...(isRecursive ? { subfolders: '1' } : {}) });
  return `/import?${query.toString()}`;
}
