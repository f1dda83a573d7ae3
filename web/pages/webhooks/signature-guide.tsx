import { Copy } from '../../parts/button.tsx';
import { PageHead, useTitle } from '../../parts/page-head.tsx';
import { VERIFY_SAMPLE } from './verify-sample.ts';

const LIBRARIES = 'https://www.standardwebhooks.com';

/** How a receiver finds out that a message comes from here, and that nobody changed it. */
export function SignatureGuide() {
  useTitle('How to check the signature');
  return (
    <>
      <nav class="crumb" aria-label="Where you are">
        <a href="/webhooks">Webhooks</a>
      </nav>
      <PageHead
        title="How to check the signature"
        sub="Anybody can send a message to your address. The signature shows which come from this Minilab."
      />
      <div class="two">
        <section class="card pad" aria-label="With code of your own">
          <div class="row gapb">
            <h2 class="grow">In Node, without a library</h2>
            <Copy text={VERIFY_SAMPLE}>Copy</Copy>
          </div>
          <pre class="body">{VERIFY_SAMPLE}</pre>
        </section>
        <section class="card pad" aria-label="What is signed">
          <h2 class="gapb">What is signed</h2>
          <p>
            Each message has the headers <code>webhook-id</code>, <code>webhook-timestamp</code> and{' '}
            <code>webhook-signature</code>. Signed are id, timestamp and body, with a point between them:
          </p>
          <pre class="body gaptop gapb">{'id.timestamp.body'}</pre>
          <p>
            With HMAC-SHA256; the key is the part of the secret behind <code>whsec_</code>, decoded from
            base64. The header has <code>v1,</code> and the result in base64. For 24 hours after a new secret
            it has two, with a space between them; one that fits is enough.
          </p>
          <h2 class="gaptop2 gapb">What else to do</h2>
          <p>
            Refuse a timestamp that is more than 5 minutes off. A message may come twice: keep its id, and
            take it once. Answer with 2xx within 15 seconds, and do the work afterwards.
          </p>
          <p class="gaptop">
            The format is Standard Webhooks:{' '}
            <a href={LIBRARIES} target="_blank" rel="noreferrer noopener">
              its libraries
            </a>{' '}
            check it in other languages too.
          </p>
        </section>
      </div>
    </>
  );
}
