import { Link } from 'wouter';
import { ButtonLink } from '@/components/button';
import { Empty } from '@/components/empty';
import { ErrorNote } from '@/components/note';
import { Page } from '@/components/page';
import { Spinner } from '@/components/spinner';
import { formatBytes, formatNumber } from '@/lib/format';
import { typeName } from '@/lib/image';
import { useStats, type Stats } from './api/get-stats';
import { ShareTable } from './components/share-table';
import styles from './stats-page.module.css';

export function StatsPage() {
  const { data, error, refetch } = useStats();
  return (
    <Page title="Stats">
      {error && <ErrorNote error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Spinner label="Counting" />}
      {data && (data.total_images === 0 ? <Nothing /> : <Numbers stats={data} />)}
    </Page>
  );
}

function Nothing() {
  const action = (
    <ButtonLink to="/import" kind="primary" icon="add">
      Import a folder
    </ButtonLink>
  );
  return (
    <Empty icon="stats" title="Nothing to count yet" action={action}>
      Here will be how many images there are, how much room they take, and of which types they are.
    </Empty>
  );
}

function Numbers({ stats }: { stats: Stats }) {
  const bytes = Number(stats.total_size_bytes);
  const facts: [string, string][] = [
    ['Images', formatNumber(stats.total_images)],
    ['Size', formatBytes(bytes)],
    ['Average image', formatBytes(Math.round(bytes / stats.total_images))],
  ];
  return (
    <>
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <ShareTable
        title="By type"
        what="Type"
        shares={(stats.by_type ?? []).map(({ mime_type: type, images, bytes: size }) => ({
          key: type,
          name: <Link href={`/?type=${encodeURIComponent(type)}`}>{typeName(type)}</Link>,
          images,
          bytes: Number(size),
        }))}
      />
      <ShareTable
        title="By provider"
        what="Provider"
        shares={(stats.by_provider ?? []).map(({ storage_provider: name, images, bytes: size }) => ({
          key: name,
          name: name === 'aws' ? 'S3 (aws)' : name,
          images,
          bytes: Number(size),
        }))}
      />
    </>
  );
}
