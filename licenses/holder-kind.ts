// Who can hold a license.

/** With its code type (GB/T 36903 CZZTDMLXDM): an enterprise by 001 credit code, a resident by 111 resident number. */
export type HolderKind = 'enterprise' | 'resident';
