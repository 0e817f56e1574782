# SPDX-License-Identifier: Apache-2.0
"""The gates of scripts/check, a module a subject; each gate is a function of a Tree (tree.py) that complains to it."""
