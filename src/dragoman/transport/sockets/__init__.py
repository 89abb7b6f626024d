"""What the blocking transport is made of: `pool` shares what `connection` speaks HTTP over, which
`connecting` has opened.
"""
