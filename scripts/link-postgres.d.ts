export declare function postgresPrograms(): string | undefined;
export declare function linkPostgresLibraries(): void;
