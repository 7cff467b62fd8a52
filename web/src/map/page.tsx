export function MapPage() { return <div class="plain-page"><h1>Map</h1></div>; }
