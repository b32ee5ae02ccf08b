import { Problem } from '@pair/service-kit';

/** Half of the slots: one subject must not keep all others from their transfers. */
const MAX_OF_SUBJECT = 2;

/** Counts the transfers of each subject that go on now. Each kind of transfer has its own count, as it has its own slots. */
export function slotsOfSubjects() {
  const taken = new Map<string, number>();
  return {
    /**
     * Takes a slot for a subject. Call the returned function, once, when the transfer has ended.
     *
     * @throws {Problem} 429 `too_many_transfers`
     */
    take(subject: string): () => void {
      const others = taken.get(subject) ?? 0;
      if (others >= MAX_OF_SUBJECT) throw tooManyTransfers();
      taken.set(subject, others + 1);
      return () => {
        const left = (taken.get(subject) ?? 0) - 1;
        if (left > 0) taken.set(subject, left);
        else taken.delete(subject);
      };
    },
  };
}

export function tooManyTransfers(): Problem {
  return new Problem(
    429,
    'too_many_transfers',
    `You have ${MAX_OF_SUBJECT} such transfers already. Wait until one of them has ended.`,
    { headers: { 'retry-after': '1' } },
  );
}
