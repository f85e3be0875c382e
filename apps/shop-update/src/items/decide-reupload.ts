import type { Topic } from '../queue/topics.js';

/** Why a product cannot be uploaded again, one code for each. */
export const REUPLOAD_REFUSALS = ['SELLER_INACTIVE', 'PRODUCT_INACTIVE', 'PRODUCT_NOT_APPROVED'] as const;
export type ReuploadRefusal = (typeof REUPLOAD_REFUSALS)[number];

/** What of a product, and of its seller, decides. */
export interface ReuploadFacts {
  readonly isSellerActive: boolean;
  readonly status: string;
  readonly qcStatus: string;
}

/** Every precondition that is not met; none: it may be uploaded again. */
export function refusalsOf({ isSellerActive, status, qcStatus }: ReuploadFacts): ReuploadRefusal[] {
  return [
    ...(isSellerActive ? [] : ['SELLER_INACTIVE' as const]),
    ...(status === 'active' ? [] : ['PRODUCT_INACTIVE' as const]),
    ...(qcStatus === 'approved' ? [] : ['PRODUCT_NOT_APPROVED' as const]),
  ];
}

/** Everything the shop knows of a product, its pictures aside. */
const REFRESHED: readonly Topic[] = ['content', 'price', 'status', 'qc_status_change', 'stock'];

/**
 * What the shop is told of a whole set when nothing of it has failed: its creation where the shop does not know it, else
 * everything of each product. Pictures never.
 */
export function topicsOfRefresh(
  set: { readonly srcId: string | null },
  product: { readonly srcId: string | null; readonly isOffered: boolean },
): readonly Topic[] {
  if (!product.isOffered) return [];
  if (set.srcId === null) return ['new_product_set'];
  return product.srcId === null ? ['new_product'] : REFRESHED;
}
