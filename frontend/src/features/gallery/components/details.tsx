import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { announce } from '@/components/announcer';
import { Button, ExternalButton, IconButton } from '@/components/button';
import { Name } from '@/components/name';
import { onApiOrigin, withParameter } from '@/lib/api-base';
import { formatBytes, formatDateTime, formatNumber } from '@/lib/format';
import { bytesOf, typeName, typeOf, type Image } from '@/lib/image';
import { jobFolder } from '../api/job-folder';
import { useKeptFresh } from '../fresh-image';
import styles from './details.module.css';

/** What is known of an image, and where it leads. */
export function Details({ image: shown, onClose }: { image: Image; onClose: () => void }) {
  const { image } = useKeptFresh(shown);
  const bytes = bytesOf(image);
  const isOther = image.content_type !== undefined && image.content_type !== image.mime_type;
  const hasSize = image.width !== undefined && image.height !== undefined && image.width > 0;
  return (
    <aside className={styles.details} aria-label="Details">
      <div className={styles.head}>
        <h2>Details</h2>
        <IconButton icon="close" label="Close the details" onClick={onClose} />
      </div>
      <dl className={styles.list}>
        <dt>Name</dt>
        <dd>
          <Name lines={12}>{image.name}</Name>
        </dd>
        <dt>Type</dt>
        <dd>
          {typeName(typeOf(image))}
          {isOther && <span className={styles.note}>Google Drive calls it {typeName(image.mime_type)}</span>}
        </dd>
        <dt>Size</dt>
        <dd>
          {bytes === null ? 'Unknown' : formatBytes(bytes)}
          {bytes !== null && <span className={styles.note}>{formatNumber(bytes)} bytes</span>}
        </dd>
        {hasSize && (
          <>
            <dt>Dimensions</dt>
            <dd>
              {formatNumber(image.width ?? 0)} × {formatNumber(image.height ?? 0)} pixels
            </dd>
          </>
        )}
        {image.created_at !== null && (
          <>
            <dt>Imported</dt>
            <dd>{formatDateTime(image.created_at)}</dd>
          </>
        )}
        {image.job_id !== undefined && (
          <>
            <dt>Import</dt>
            <dd>
              <JobLink job={image.job_id} />
            </dd>
          </>
        )}
      </dl>
      <div className={styles.actions}>
        {image.drive_url !== undefined && (
          <ExternalButton icon="open" href={image.drive_url}>
            Google Drive
          </ExternalButton>
        )}
        {image.content_url === undefined && /^https?:\/\//.test(image.storage_path) && (
          <ExternalButton icon="image" href={image.storage_path}>
            Open original
          </ExternalButton>
        )}
        {image.content_url !== undefined && (
          <>
            <ExternalButton icon="image" href={onApiOrigin(image.content_url)}>
              Open original
            </ExternalButton>
            <ExternalButton icon="download" href={onApiOrigin(withParameter(image.content_url, 'download', 1))} download>
              Download
            </ExternalButton>
          </>
        )}
        <CopyLink id={image.id} />
      </div>
    </aside>
  );
}

function JobLink({ job }: { job: string }) {
  const { data } = useQuery(jobFolder(job));
  return <Link href={`/jobs/${encodeURIComponent(job)}`}>
      <Name lines={3}>{data ?? `Import ${job.slice(0, 8)}`}</Name>
    </Link>;
}

function CopyLink({ id }: { id: number }) {
  const [state, setState] = useState<'ready' | 'copied' | 'failed'>('ready');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(`${location.origin}/?image=${id}`);
      setState('copied');
      announce('Link copied');
    } catch {
      // browsers refuse on pages that are not secure
      setState('failed');
    }
  };
  return (
    <>
      <Button icon={state === 'copied' ? 'check' : 'link'} onClick={() => void copy()}>
        {state === 'copied' ? 'Copied' : 'Copy link'}
      </Button>
      {state === 'failed' && (
        <p className={styles.note} role="alert">
          The browser does not allow copying here. The link: {`${location.origin}/?image=${id}`}
        </p>
      )}
    </>
  );
}
