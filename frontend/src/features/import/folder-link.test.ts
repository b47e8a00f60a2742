import { expect, test } from 'vitest';
import { lookAtLink } from './folder-link';

const ID = '1qczzfFtukqOKTDDNRxhJrfUxlP99DKBp';

test.each([
  ID,
  `  <https://drive.google.com/drive/folders/${ID}>.`,
  `https://drive.google.com/drive/folders/${ID}?usp=sharing`,
  `https://drive.google.com/drive/u/0/folders/${ID}`,
  `https://drive.google.com/open?id=${ID}`,
  `drive.google.com/drive/folders/${ID}`,
  `https://docs.google.com/folder/d/${ID}/edit`,
  `https://drive.google.com/#folders/${ID}`,
])('%s is taken for a folder', (link) => {
  expect(lookAtLink(link)).toEqual({ kind: 'folder' });
});

test.each(['h', 'https://dri', 'https://drive.google.com/drive/fol', 'holiday', '1qczzf'])(
  '%s may become a link, so nothing is said of it',
  (text) => {
    expect(lookAtLink(text)).toEqual({ kind: 'unsure' });
  },
);

test.each([
  [`https://drive.google.com/file/d/${ID}/view`, 'a single file'],
  [`https://docs.google.com/spreadsheets/d/${ID}/edit`, 'a Google Sheets spreadsheet'],
  ['https://drive.google.com/drive/u/0/my-drive', 'My Drive'],
  ['https://photos.app.goo.gl/abc', 'Google Photos'],
  ['https://www.dropbox.com/sh/abc', 'dropbox.com'],
  [`https://drive.google.com/drive/folders/${ID} https://drive.google.com/drive/folders/${ID}`, 'several links'],
  ['pictures of my cat', 'neither'],
  ['ftp://drive.google.com/drive/folders/x', 'neither'],
])('%s is called what it is', (link, words) => {
  expect(lookAtLink(link)).toMatchObject({ kind: 'wrong', message: expect.stringContaining(words) as string });
});

test('nothing is nothing', () => {
  expect(lookAtLink(' \n')).toEqual({ kind: 'empty' });
});
