"""What several suites of tests share; what benchmarks share with them is in lab/testing."""
