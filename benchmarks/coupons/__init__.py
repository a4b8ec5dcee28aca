"""A pool of coupons, fifty workers that die: is every code given once, and the budget kept?"""
