import type { ImageProblem } from '../pipeline/problems.ts';
import type { HostKey } from './host.ts';

/** How a download ended at one host, as evidence of the host's health and capacity. */
export type HostOutcome = HostKey & {
  is: 'answered' | 'refused' | 'timed_out' | 'unreachable';
  /** to the first byte; null where none arrived */
  latencyMs: number | null;
  /** whether other downloads waited for a permit meanwhile, so that more permits would have been of use */
  isLimited: boolean;
  problem: ImageProblem | undefined;
};

/** @returns undefined where the download is no evidence about the host, for example when it was aborted */
export function hostOutcomeOf(
  download: HostKey & { latencyMs: number | null; isLimited: boolean },
  problem: ImageProblem | undefined,
): HostOutcome | undefined {
  const is = kindOf(problem, download.latencyMs !== null);
  return is && { ...download, is, problem };
}

function kindOf(problem: ImageProblem | undefined, hasAnswered: boolean): HostOutcome['is'] | undefined {
  switch (problem?.code) {
    case 'rate_limited':
      return 'refused';
    case 'download_timeout':
      return 'timed_out';
    case 'dns_failed':
    case 'connect_failed':
    case 'tls_failed':
      return hasAnswered ? 'answered' : 'unreachable';
    default:
      return hasAnswered ? 'answered' : undefined;
  }
}
