/**
 * What a pasted text looks like, told before the server has answered. Pure, and only for the obvious: which texts name a
 * folder is for the server to say, whose words replace these.
 */

export type LinkLook =
  | { kind: 'empty' }
  /** Could be the beginning of a link: wait. */
  | { kind: 'unsure' }
  | { kind: 'folder' }
  | { kind: 'wrong'; message: string };

/** Ids of folders have 19 characters or more; anybody may type a word. */
const SHORTEST_ID = 15;
const BEGINNINGS = ['https://drive.google.com/drive/folders/', 'http://drive.google.com/', 'https://docs.google.com/'];
const DOCUMENTS: Record<string, string> = {
  document: 'a Google Docs document',
  spreadsheets: 'a Google Sheets spreadsheet',
  presentation: 'a Google Slides presentation',
  forms: 'a Google Form',
  drawings: 'a Google drawing',
};

export function lookAtLink(pasted: string): LinkLook {
  const text = pasted.replace(/^[\s<(]+|[\s>).,;]+$/g, '');
  if (text === '') return { kind: 'empty' };
  if (/^[\w-]{1,128}$/.test(text)) return { kind: text.length < SHORTEST_ID ? 'unsure' : 'folder' };
  if (BEGINNINGS.some((beginning) => beginning.startsWith(text.toLowerCase()))) return { kind: 'unsure' };
  if (text.split(/[\s,;]/).filter((part) => part.includes('://')).length > 1) {
    return wrong('These are several links; import one folder at a time.');
  }
  const url = parse(text);
  return url ? lookAtUrl(url) : wrong('This is neither a Google Drive link nor a folder id.');
}

function parse(text: string): URL | null {
  const whole = text.includes('://') ? text : `https://${text.replace(/^\/+/, '')}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  return url && /^https?:$/.test(url.protocol) && url.hostname.includes('.') ? url : null;
}

function lookAtUrl(url: URL): LinkLook {
  const host = url.hostname.replace(/^www\./, '');
  if (host === 'photos.google.com' || host === 'photos.app.goo.gl') {
    return wrong('This is a link to Google Photos, which is not Google Drive.');
  }
  if (host !== 'drive.google.com' && host !== 'docs.google.com') {
    return wrong(`This is a link to ${host}, not to Google Drive.`);
  }
  const [first = ''] = url.pathname.split('/').filter(Boolean);
  if (first === 'file' || first === 'uc') return wrong('This is a link to a single file, not to a folder.');
  const document = DOCUMENTS[first];
  if (document !== undefined) return wrong(`This is a link to ${document}, not to a folder.`);
  if (/^\/drive(\/u\/\d+)?(\/(my-drive|home))?\/?$/.test(url.pathname) && url.hash === '') {
    return wrong('This is the start page of ‘My Drive’, not a shared folder.');
  }
  return { kind: 'folder' };
}

function wrong(message: string): LinkLook {
  return { kind: 'wrong', message };
}
