declare module '*.css';
declare const __APP_VERSION__: string;
declare const __LODE_VERSION__: string;
/** Other engines for the bench page are beside this build. */
declare const __PEERS__: boolean;
