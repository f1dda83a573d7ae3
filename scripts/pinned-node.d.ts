export declare const LEAST_NODE_MAJOR: number;
export declare function pinnedNode(): string | undefined;
