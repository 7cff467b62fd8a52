import useBaseUrl from '@docusaurus/useBaseUrl';
import React from 'react';

export default function SearchBar() {
  return <lode-search index={useBaseUrl('/search/')} />;
}
